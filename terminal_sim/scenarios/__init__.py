"""Stories that terminals play without anybody watching, written in TOML."""
