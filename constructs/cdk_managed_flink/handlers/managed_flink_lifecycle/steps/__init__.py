"""Prepare and Prove, step by step."""
