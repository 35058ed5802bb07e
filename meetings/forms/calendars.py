"""The form that takes the secret address of somebody's own calendar."""

from django import forms


class AddressForm(forms.Form):
    hide_optional = True
    # Not a URL field: what is wrong with an address is said by whoever reads it, and webcal:// is none to a browser.
    address = forms.CharField(
        label="Secret address in iCal format",
        max_length=2000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        error_messages={"required": "Paste the address of the calendar."},
    )
    name = forms.CharField(label="What you call it (optional)", max_length=60, required=False)
