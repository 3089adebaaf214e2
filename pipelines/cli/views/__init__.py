"""What the verbs say, a function for each: as JSON for a program, or in lines and tables for a person."""
