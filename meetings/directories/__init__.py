"""The calendars of a whole district, asked for when people are busy. Plain Python, without Django."""
