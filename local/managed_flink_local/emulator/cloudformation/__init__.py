"""What the emulator's CloudFormation drops, accepts too easily or does not know."""
