"""What a provider reads back: the receipt of a delivery and its findings."""
