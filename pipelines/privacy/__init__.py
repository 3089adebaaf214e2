"""Personal identifiers: masked, replaced by keyed pseudonyms, and looked for before anything is published (PIPL art. 6, 25)."""
