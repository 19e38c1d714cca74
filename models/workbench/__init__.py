"""The workbench for rules: a bureau's own rules and switches, their cases, and what a rule would do on loaded data."""
