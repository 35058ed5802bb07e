"""Reading other calendars for when their owners are busy. Plain Python: it runs in a child process without Django."""
