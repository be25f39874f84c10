"""sending.py - runs of bench_send, which transmit and sync share."""
from lab import run


def send(lab, what, way, *arguments):
    """"queue:ENGINE" is Capstan's send queue, with that engine demanded; the other ways are libpcap's or the program's."""
    name, _, engine = way.partition(":")
    library = lab.capstan if name == "queue" else lab.libpcap
    environment = ["env", "CAPSTAN_ENGINE=transmit=" + engine] if engine not in ("", "auto") else []
    return run([*environment, *lab.in_netlab("send", what, name, library, *arguments)])
