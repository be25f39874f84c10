"""The sections of the table, in the order in which they are measured. Each is a function that takes the Lab and yields
rows as they come."""
from . import (compiling, counting, devices, filtering, inject, live, packed, reading, sync, transmit, writing)

SECTIONS = {
    "compile": compiling.measure,
    "filter": filtering.measure,
    "offline": reading.measure,
    "packed": packed.measure,
    "write": writing.measure,
    "devices": devices.measure,
    "live": live.measure,
    "counting": counting.measure,
    "inject": inject.measure,
    "transmit": transmit.measure,
    "sync": sync.measure,
}
