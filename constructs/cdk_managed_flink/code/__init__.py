"""What is packaged as an application's code, and how."""
