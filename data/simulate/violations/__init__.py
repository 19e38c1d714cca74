"""Single violations, one module a rule of the same name: `plant(book)` writes clear cases and look-alikes."""
