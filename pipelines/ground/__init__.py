"""The ground floor: what every package may use and that uses none of them (errors, settings, limits, clock, ordered map)."""
