"""What the vending machine says in German beside the texts of all devices."""

TEXTS = {
    "vending_idle": "{title}\nToken auflegen, dann wählen",
    "choose_item": "Guthaben {balance_cents}\n\nBitte am Automaten wählen",
    "vending": "{item} {price_cents}\nEinen Moment...",
    "vended": "{item}: bitte sehr!\nGuthaben {balance_cents}",
    "vend_too_little": "Zu wenig Guthaben.\nGuthaben {balance_cents}\nPreis {price_cents}\nErst aufladen",
    "vend_cancelled": "Abgebrochen. Geld kommt von selbst zurück.",
    "vend_failed": "Automat gestört. {amount_cents} kommen von selbst zurück.",
    "not_vended": "Keine Antwort, keine Ware. Geld kommt von selbst zurück.",
    "given_back": "{amount_cents} zurückgebucht\nGuthaben {balance_cents}",
    "vend_description": "Artikel",
    "revalue_description": "Aufladung",
    "revalued": "{amount_cents} gebucht\nGuthaben {balance_cents}",
    "machine_not_ready": "Der Automat ist nicht bereit. Bitte warten.",
    "machine_silent": "Außer Betrieb: der Automat schweigt. Bitte Personal rufen.",
}
