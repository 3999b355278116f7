"""What the vending machine says in English beside the texts of all devices."""

TEXTS = {
    "vending_idle": "{title}\nHold your token, then choose",
    "choose_item": "Balance {balance_cents}\n\nChoose at the machine",
    "vending": "{item} {price_cents}\nPlease wait...",
    "vended": "{item}: enjoy!\nBalance {balance_cents}",
    "vend_too_little": "Not enough money.\nBalance {balance_cents}\nPrice {price_cents}\nTop up first",
    "vend_cancelled": "Cancelled. What was charged is given back by itself.",
    "vend_failed": "The machine failed. {amount_cents} come back by themselves.",
    "not_vended": "No answer, no goods. What was charged is given back by itself.",
    "given_back": "{amount_cents} given back\nBalance {balance_cents}",
    "vend_description": "Item",
    "revalue_description": "Top-up",
    "revalued": "{amount_cents} booked\nBalance {balance_cents}",
    "machine_not_ready": "The machine is not ready. Please wait.",
    "machine_silent": "Out of order: the vending machine is silent. Please call staff.",
}
