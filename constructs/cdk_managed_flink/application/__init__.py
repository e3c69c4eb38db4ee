"""The application: its role, its log and its settings."""
