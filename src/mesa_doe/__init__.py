"""Designs of experiments for Mesa agent-based models."""
