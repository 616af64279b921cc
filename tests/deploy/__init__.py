"""`sam deploy`, rehearsed: the real command, the real template, an emulator of AWS on 127.0.0.1."""
