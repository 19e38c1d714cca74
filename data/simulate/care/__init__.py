"""Ordinary honest care, one module a setting; each adds visits to the town."""
