"""How people write about times: the same thing said in many ways is rewritten to be said in one."""

import re
import unicodedata
from collections.abc import Callable, Sequence

Rewriting = str | Callable[[re.Match[str]], str]


def words(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for whole words: it matches nothing that touches another sign."""
    return re.compile(rf"(?<!\S)(?:{pattern})(?!\S)")


def plain(text: str) -> str:
    """Return the text in small letters: each number in digits, each length as "90 minutes", each clock as "3:30"."""
    text = unicodedata.normalize("NFKC", text).lower()
    for pattern, written in PUNCTUATION:
        text = re.sub(pattern, written, text)
    text = " ".join(text.split())
    for rewritings in (NUMBERS, CLOCKS, LENGTHS, DAYS):
        text = _rewritten(text, rewritings)
    return text


def is_small_talk(text: str) -> bool:
    """Return whether each word says nothing about when, for how long or how somebody can come."""
    text = _rewritten(text, SMALL_TALK)
    return all(word in SMALL_WORDS for word in text.split())


def _rewritten(text: str, rewritings: Sequence[tuple[re.Pattern[str], Rewriting]]) -> str:
    for pattern, written in rewritings:
        text = pattern.sub(written, text)
    return text


# Stand where a time, and where anything else was understood and taken out.
TIME, TAKEN = "¤", "§"

PUNCTUATION = (
    # Typed by somebody they are no such marks.
    (f"[{TIME}{TAKEN}]", "[mark]"),
    (r"[\u2018\u2019`]", "'"),
    (r"[\u2010-\u2015\u2212]", "-"),
    (r"\b([ap])\. ?m\b\.?", r"\1m"),
    (r"@", " at "),
    (r"~", " around "),
    (r"[,;!?()\"“”…]|(?<![0-9])[.:]|[.:](?![0-9])", " "),
    # A date and a time as computers write them. There 02:00 is at night.
    (
        r"(?<![0-9])([0-9]{4}-[0-9]{2}-[0-9]{2})(?:t| +(?:at +)?)(0[1-9]|1[01]):([0-9]{2})(?![0-9:]| ?[ap]m?\b)",
        r"\1 \2:\3 am",
    ),
    (r"(?<![0-9])([0-9]{4}-[0-9]{2}-[0-9]{2})t(?=[0-9])", r"\1 "),
    (r"(?<=[a-z])-(?=[a-z])|(?<=[0-9])-(?=ish|min|hour)", " "),
    (r"(?<=[0-9a-z])( ?)o ?'? ?clock\b", " "),
    (r"(?<=[0-9])( ?[ap]m)? ?ish\b|(?<=noon) ?ish\b", r"\1 "),
)

UP_TO_TWELVE = dict(
    zip("one two three four five six seven eight nine ten eleven twelve".split(), range(1, 13), strict=True)  # noqa: SIM905
)
LARGER = {"fifteen": 15, "twenty": 20, "thirty": 30, "forty five": 45, "forty": 40, "fifty": 50, "ninety": 90}
IN_WORDS = UP_TO_TWELVE | LARGER
HOUR_IN_WORDS, NUMBER_IN_WORDS = "|".join(UP_TO_TWELVE), "|".join(IN_WORDS)

NUMBERS = (
    (words(rf"({HOUR_IN_WORDS}) (fifteen|thirty|forty five)"), lambda m: f"{IN_WORDS[m[1]]}:{IN_WORDS[m[2]]}"),
    (words(NUMBER_IN_WORDS), lambda m: str(IN_WORDS[m[0]])),
)


def _clock(hour: str, minutes_after: int) -> str:
    hours, minutes = divmod((int(hour) - 1) % 12 * 60 + minutes_after, 60)
    return f"{hours % 12 + 1}:{minutes:02}"


def _past(found: re.Match[str]) -> str:
    return _clock(found[2], {"half": 30, "quarter": 15}.get(found[1]) or int(found[1]))


def _before(found: re.Match[str]) -> str:
    return _clock(found[2], -(15 if found[1].endswith("quarter") else int(found[1].split()[0])))


HOUR = "(1[0-2]|[1-9])"
CLOCKS = (
    (words("(?:12(?::00)? )?noon"), "12:00 pm"),
    (words(rf"(?:a )?(half|quarter|5|10|15|20|25)(?: min| mins| minutes)? past {HOUR}"), _past),
    (words(rf"(?:a )?(quarter|5|10|15|20|25)(?: min| mins| minutes)? after {HOUR}"), _past),
    # "10 to 4" is no clock: it may be six hours.
    (words(rf"((?:a )?quarter|(?:5|10|15|20|25) (?:min|mins|minutes)|20|25) (?:to|till|til|before) {HOUR}"), _before),
    (words(f"(?:a )?(quarter) of {HOUR}"), _before),
)


def _length(found: re.Match[str]) -> str:
    minutes = float(found[1]) * 60 + int(found[2] or 0)
    return f"{minutes:g} minutes"


LENGTHS = (
    (words("(?:(?:an? |1 )?hour and (?:a )?half|1 and a half hours?)"), "90 minutes"),
    (words("([2-7]) and a half hours"), lambda m: f"{int(m[1]) * 60 + 30} minutes"),
    (words("(?:a )?half (?:an |of an )?hour"), "30 minutes"),
    (words("(?:a )?quarter (?:of )?(?:an )?hour"), "15 minutes"),
    (words("(?:an?|1) hour"), "1 hours"),
    (words(r"([0-9]{0,2}\.?[0-9]{1,2}) ?(?:hours?|hrs?|h)(?: ?(?:and )?([0-9]{1,2}) ?(?:minutes?|mins?|m))?"), _length),
    (words("([0-9]{1,3}) ?(?:minutes?|mins?|m)"), r"\1 minutes"),
)

DAYS = (
    (words("tonight"), "today evening"),
    (words("this (morning|afternoon|evening)"), r"today \1"),
    (words("later (today|this week)|(today) later"), r"\1\2"),
    (words("tmrw|tmr|tmw"), "tomorrow"),
    (words("(?:the )?day after tomorrow"), "in 2 days"),
    (words("(?:in )?(?:an?|1) (day|week)(?: from (?:now|today))"), r"in 1 \1"),
    (words("in (?:an?|1) (day|week)"), r"in 1 \1"),
    (words("([0-9]{1,2}) (days|weeks) from (?:now|today)"), r"in \1 \2"),
)

SOMEBODY = (
    "mom mum mommy mama mother dad daddy papa father parent parents guardian guardians grandma grandmother grandpa "
    "grandfather aunt uncle stepmom stepmother stepdad stepfather family"
)
_RELATIVE = f"(?:{'|'.join(SOMEBODY.split())})"
SMALL_TALK: tuple[tuple[re.Pattern[str], Rewriting], ...] = (
    # Whose mother, and what she is called, say nothing about when.
    (words(rf"[^\W\d_]+'s?(?= {_RELATIVE}(?!\S))"), ""),
    (words(r"(?:mr|mrs|ms)(?: [^\W\d_][^\W\d_'-]*)"), ""),
    (words("i am|we are|able to|happy to|going to|wants? to|(?:would )?likes? to|prefers?(?: to)?|hoping to"), ""),
    (words("(?:stop|swing|drop) by|(?:come|comes|coming) over"), ""),
    # "Come by 3" and "come in 5" are other things than 3:00 and 5:00.
    (words(f"(?:come|comes|coming) (?:by(?! [{TIME}{TAKEN}])|in(?! {TIME}))"), ""),
    (words("for (?:me|us|her|him|them|mom|dad|(?:the |an |her |his |their |our )?(?:iep|meeting|conference))"), ""),
    (words("if possible|but only"), ""),
    (words("to (?:come|meet|talk|speak|chat|join|attend|be (?:here|there))"), ""),
    # She works at 3 is another thing than: 3 works.
    (words(rf"(?<=[{TIME}{TAKEN}] )(?:that )?(?:(?:would|will|can|could) )?(?:works?|be (?:good|fine|ok|okay))"), ""),
    (
        words(
            "(?:called|phoned|texted|emailed|wrote|says|said)(?: me| us)?(?: and| that)?"
            r"(?= (?:s?he|they|i|we|can)(?!\S))"
        ),
        "",
    ),
)
SMALL_WORDS = frozenset(
    f"{SOMEBODY} {TIME} {TAKEN} - "
    "i we he she they me us her him them my our his their the i'm we're he's she's they're i'll we'll he'll she'll "
    "they'll i'd we'd he'd she'd they'd mom's dad's mother's father's parent's both "
    "can could will would is are be come comes coming meet meets meeting make makes it do attend join talk speak chat "
    "get there arrive free available iep conference "
    "on at around about approximately approx roughly maybe probably only just also please ok okay yes yep sure hi "
    "good fine best great sharp exactly".split()
)
