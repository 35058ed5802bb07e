"""Names that break what was not made for them."""

NAMES_OF_ALL_KINDS = [
    "Zoe O'Brien-Núñez",
    "李 娜",
    "عمر الشريف",
    "Ada 👩🏽\u200d🏫 Lovelace",
    "Jose\u0301 Mun\u0303oz",  # Written with combining marks.
    "Eve \u202eecila",  # Everything after it would be read from right to left.
    "Zero\u200bWidth Space",
    "A" * 100 + " " + "ع" * 99,
    "null",
    'Ana "Nita" Ruiz',
    "Semi; Colon, Back\\slash",
    "Bad\r\nATTENDEE:mailto:x@y.example",
]
