"""What becomes of the mail that waits when mail starts again."""

from datetime import datetime
from typing import Any

from django import forms

from meetings.actions.pause import Resume


class ResumeForm(forms.Form):
    """Start again. After a restore it asks what is done with what waits, and nothing is chosen beforehand."""

    paused_at = forms.CharField(widget=forms.HiddenInput)
    how = forms.ChoiceField(
        label="What becomes of the messages that wait?",
        choices=[
            (Resume.WITHDRAW_OLDER.value, "Withdraw what the copy held; send what was written since"),
            (Resume.WITHDRAW_ALL.value, "Withdraw everything that waits"),
            (Resume.SEND.value, "Send everything that waits"),
        ],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"required": "Choose what becomes of the messages that wait."},
    )

    def __init__(self, *args: Any, asks: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["how"].required = asks

    def clean_paused_at(self) -> datetime:
        try:
            return datetime.fromisoformat(self.cleaned_data["paused_at"])
        except ValueError as error:
            raise forms.ValidationError("Open the page again.") from error

    def how_chosen(self) -> Resume:
        return Resume(self.cleaned_data["how"] or Resume.SEND.value)
