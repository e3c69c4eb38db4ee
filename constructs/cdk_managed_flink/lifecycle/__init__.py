"""Stops, starts and proves an application in a deploy, and reconciles it between deploys."""
