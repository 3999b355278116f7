"""Starts the device; when that fails it says so and stays safe. This file is never updated over the air."""

import asyncio


async def start():
    """Run the program, and what is left of it when it cannot run."""
    try:
        import app

        await app.run()
    except Exception as error:
        from system import safe_mode

        await safe_mode.stay(error)


asyncio.run(start())
