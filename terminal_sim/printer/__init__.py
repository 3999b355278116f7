"""A receipt printer with a cash drawer: ESC/POS over TCP, receipts as text and as pictures.

`VirtualPrinter` in server.py is the whole of it:

    with VirtualPrinter() as printer:
        …                                    # something prints to 127.0.0.1, printer.port
        printer.receipts[0].text, printer.receipts[0].png(), printer.drawer.kicks
"""

from terminal_sim.printer.server import VirtualPrinter

__all__ = ["VirtualPrinter"]
