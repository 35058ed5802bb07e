"""The answer of somebody who is asked to take over."""

from django import forms

from meetings.models import Answer


class CoverForm(forms.Form):
    answer = forms.ChoiceField(
        choices=[(Answer.YES.value, "I can cover"), (Answer.NO.value, "I can’t")],
        error_messages={"required": "Say whether you can.", "invalid_choice": "Say whether you can."},
    )
    note = forms.CharField(
        label="Note", max_length=255, required=False, widget=forms.Textarea(attrs={"rows": 2, "maxlength": 255})
    )


class PressForm(forms.Form):
    """What a page offered, posted back with the button: nobody books what they have not seen."""

    seen = forms.CharField(widget=forms.HiddenInput)
