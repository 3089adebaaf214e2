"""Large invented inputs, and how fast the hub is on them."""
