"""Alarms and whom they reach."""
