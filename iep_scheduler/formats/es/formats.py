# Django prints 24-hour times in Spanish; schools in the United States say 1:30 PM.
TIME_FORMAT = "g:i A"
DATETIME_FORMAT = r"j \d\e F \d\e Y, g:i A"
SHORT_DATETIME_FORMAT = "d/m/Y g:i A"
