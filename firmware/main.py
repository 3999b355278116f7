"""Starts the program that slots.py chooses. This file is never updated over the air."""

import asyncio


async def start():
    """Run the chosen program, and what is left of it when it cannot run."""
    is_trial = False
    try:
        import slots

        is_trial = slots.enter()
        slots.forget()
        del slots
        import app

        await app.run()
    except Exception as error:
        import slots

        await slots.fail(error, is_trial)


asyncio.run(start())
