#!/usr/bin/env python3
"""oid_values_test.py CAPSTAN - `capstan oid` against ip(8), ethtool(8) and /sys, on interfaces of several kinds in a network
namespace of its own."""
import fcntl
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import namespace
from namespace import LIMIT, SKIP

namespace.enter(("-nm",), ("-Urnm",))
if not shutil.which("ethtool"):
    print("skipped: needs ethtool to compare with")
    sys.exit(SKIP)
CAPSTAN = os.path.abspath(sys.argv[1])
failures, compared = [], 0


def call(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=LIMIT)


def attempt(*command):
    return call(*command, check=False).returncode == 0


def oids(device):
    """Name -> what the command prints for it."""
    said = call(CAPSTAN, "oid", "-i", device).stdout.splitlines()
    return dict((line.split(None, 1) + [""])[:2] for line in said)


def same(device, what, ours, theirs):
    global compared
    compared += 1
    if ours != theirs:
        failures.append(f"{device}: {what}: {ours!r} and not {theirs!r}")


def number(text):
    return int(text.split()[0]) if text else None


def ethtool_says(device, pattern, *options):
    found = re.search(pattern, call("ethtool", *options, device, check=False).stdout)
    return found.group(1) if found else None


def sys_value(device, name):
    with open(f"/sys/class/net/{device}/{name}", encoding="ascii") as file:
        return file.read().strip()


def check_state(device, o, link):
    up = "UP" in link["flags"]
    same(device, "MTU", number(o["OID_GEN_MAXIMUM_FRAME_SIZE"]), link["mtu"])
    same(device, "lookahead", number(o["OID_GEN_MAXIMUM_LOOKAHEAD"]), link["mtu"])
    header = 14 if link["link_type"] in ("ether", "loopback") else 0
    same(device, "total size", number(o["OID_GEN_MAXIMUM_TOTAL_SIZE"]), link["mtu"] + header)
    same(device, "admin status", number(o["OID_GEN_ADMIN_STATUS"]), 1 if up else 2)
    states = {"UP": 1, "DOWN": 2, "TESTING": 3, "UNKNOWN": 4, "DORMANT": 5, "NOTPRESENT": 6, "LOWERLAYERDOWN": 7}
    same(device, "operational status", number(o["OID_GEN_OPERATIONAL_STATUS"]), states[link["operstate"]])
    connected = "LOWER_UP" in link["flags"]
    same(device, "connect status", number(o["OID_GEN_MEDIA_CONNECT_STATUS"]), 0 if connected else 1)
    same(device, "connect status ex", number(o["OID_GEN_MEDIA_CONNECT_STATUS_EX"]), 1 if connected else 2)
    same(device, "carrier", connected, sys_value(device, "carrier") == "1")
    same(device, "carrier changes", number(o["OID_GEN_MEDIA_SENSE_COUNTS"]), int(sys_value(device, "carrier_changes")))
    same(device, "promiscuous", number(o["OID_GEN_PROMISCUOUS_MODE"]), int(link["promiscuity"] > 0))
    flags = int(o["OID_GEN_CURRENT_PACKET_FILTER"].split()[0], 16)
    same(device, "filter: promiscuous", bool(flags & 0x20), link["promiscuity"] > 0)
    if "allmulti" in link:
        same(device, "filter: all multicast", bool(flags & 4), link["allmulti"] > 0)
    same(device, "filter: broadcast", bool(flags & 8), "BROADCAST" in link["flags"])
    same(device, "alias", o["OID_GEN_ALIAS"], link.get("ifalias", ""))
    same(device, "name", o["OID_GEN_FRIENDLY_NAME"], device)
    same(device, "VLAN", number(o["OID_GEN_VLAN_ID"]), link.get("linkinfo", {}).get("info_data", {}).get("id", 0)
         if link.get("linkinfo", {}).get("info_kind") == "vlan" else 0)
    if link["link_type"] in ("ether", "loopback"):
        same(device, "address", o["OID_802_3_CURRENT_ADDRESS"], link["address"])
        groups = re.findall(r"link +([0-9a-f:]{17})", call("ip", "maddr", "show", "dev", device).stdout)
        same(device, "groups", sorted(o["OID_802_3_MULTICAST_LIST"].split()), sorted(groups))
    same(device, "no address but on Ethernet", "OID_802_3_CURRENT_ADDRESS" in o,
         link["link_type"] in ("ether", "loopback"))


COUNTERS = [("OID_GEN_XMIT_OK", "tx", "packets"), ("OID_GEN_RCV_OK", "rx", "packets"),
            ("OID_GEN_XMIT_ERROR", "tx", "errors"), ("OID_GEN_RCV_ERROR", "rx", "errors"),
            ("OID_GEN_BYTES_XMIT", "tx", "bytes"), ("OID_GEN_BYTES_RCV", "rx", "bytes"),
            ("OID_GEN_XMIT_DISCARDS", "tx", "dropped"), ("OID_GEN_RCV_DISCARDS", "rx", "dropped")]


def check_counters(device, o, link):
    stats = link["stats64"]
    for name, way, what in COUNTERS:
        same(device, name, number(o[name]), stats[way][what])
    same(device, "multicast", number(o["OID_GEN_MULTICAST_FRAMES_RCV"]), stats["rx"]["multicast"])
    for name, file in (("OID_GEN_RCV_CRC_ERROR", "rx_crc_errors"), ("OID_GEN_UNKNOWN_PROTOS", "rx_nohandler")):
        same(device, name, number(o[name]), int(sys_value(device, "statistics/" + file)))
    text = o["OID_GEN_STATISTICS"]
    same(device, "statistics", [int(n) for n in re.findall(r"(\d+) (?:bytes|errors|discards)", text)],
         [stats["rx"]["bytes"], stats["rx"]["errors"], stats["rx"]["dropped"],
          stats["tx"]["bytes"], stats["tx"]["errors"], stats["tx"]["dropped"]])
    info = o["OID_GEN_INTERFACE_INFO"]
    same(device, "interface info", [int(n) for n in re.findall(r"(\d+) bytes", info)],
         [stats["rx"]["bytes"], stats["tx"]["bytes"]])


def check_driver(device, o):
    mbps = ethtool_says(device, r"Speed: (\d+)Mb/s")
    same(device, "speed", number(o.get("OID_GEN_LINK_SPEED")), int(mbps) * 10000 if mbps else None)
    bits = f"{int(mbps) * 1000000} bit/s" if mbps else "unknown"
    same(device, "speed ex", o["OID_GEN_LINK_SPEED_EX"], f"transmit {bits}, receive {bits}")
    same(device, "link state", f"transmit {bits}, receive {bits}" in o["OID_GEN_LINK_STATE"], True)
    duplex = {"Half": 1, "Full": 2}.get(ethtool_says(device, r"Duplex: (\w+)"), 2 if device == "lo" else 0)
    same(device, "duplex", number(o["OID_GEN_MEDIA_DUPLEX_STATE"]), duplex)
    driver = ethtool_says(device, r"driver: (\S+)", "-i")
    if driver:
        same(device, "description", o["OID_GEN_VENDOR_DESCRIPTION"].split(",")[0], driver)
    else:
        same(device, "description", bool(o["OID_GEN_VENDOR_DESCRIPTION"]), True)
    version = ethtool_says(device, r"version: (\d+\.\d+)", "-i")
    same(device, "version", o["OID_GEN_VENDOR_DRIVER_VERSION"], version or ".".join(os.uname().release.split(".")[:2]))
    offload = ethtool_says(device, r"tx-vlan-offload: (\w+)", "-k") == "on" or \
        ethtool_says(device, r"rx-vlan-offload: (\w+)", "-k") == "on"
    same(device, "VLAN offload", "802.1q" in o["OID_GEN_MAC_OPTIONS"], offload)


def check(device):
    link = json.loads(call("ip", "-d", "-j", "-s", "link", "show", "dev", device).stdout)[0]
    o = oids(device)
    check_state(device, o, link)
    check_counters(device, o, link)
    check_driver(device, o)


def make_tap(name):
    """The descriptor keeps it alive, and its carrier on; None where there is no /dev/net/tun."""
    try:
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1002))
    except OSError:
        return None
    return fd


def make_world():
    """Names of the interfaces, all up and quiet."""
    for setting in ("all", "default"):
        path = f"/proc/sys/net/ipv6/conf/{setting}/disable_ipv6"
        if os.path.exists(path):
            with open(path, "w", encoding="ascii") as file:
                file.write("1")
    call("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
    # A bridge that snoops reports groups of its own, now and a second later.
    kinds = {"bridge0": "bridge mcast_snooping 0", "dummy0": "dummy", "vx0": "vxlan id 7 local 127.0.0.1 dstport 4789 dev lo"}
    made = [name for name, kind in kinds.items() if attempt("ip", "link", "add", name, "type", *kind.split())]
    made += [name for name, kind in {"macvlan0": "macvlan", "left.42": "vlan id 42"}.items()
             if attempt("ip", "link", "add", "link", "left", "name", name, "type", *kind.split())]
    if tap is not None:
        made.append("tap0")
    for name in ("left", "right", *made):
        call("ip", "link", "set", name, "arp", "off", "up")
    attempt("ip", "link", "set", "right", "alias", "the right one", "mtu", "1400")
    attempt("ip", "link", "set", "right", "promisc", "on")
    attempt("ip", "link", "set", "left", "allmulticast", "on")
    end = time.monotonic() + 5
    while sys_value("left", "operstate") != "up" and time.monotonic() < end:
        time.sleep(0.01)
    return ["lo", "left", "right", *made]


def promiscuity(device):
    return json.loads(call("ip", "-d", "-j", "link", "show", "dev", device).stdout)[0]["promiscuity"]


def check_setting(device):
    """What is set holds while the command does."""
    before = promiscuity(device)
    held = subprocess.Popen([CAPSTAN, "oid", "-i", device, "--hold", "oid_gen_current_packet_filter=promiscuous,directed"],
                            stdout=subprocess.PIPE, text=True)
    said = held.stdout.readline()
    same(device, "filter told back", "promiscuous" in said and "directed" in said, True)
    same(device, "promiscuity while held", promiscuity(device), before + 1)
    held.send_signal(signal.SIGINT)
    same(device, "status of an interrupted hold", held.wait(LIMIT), 0)
    end = time.monotonic() + 5
    while promiscuity(device) != before and time.monotonic() < end:
        time.sleep(0.01)
    same(device, "promiscuity afterwards", promiscuity(device), before)
    check(device)
    said = call(CAPSTAN, "oid", "-i", device, "OID_802_3_ADD_MULTICAST_ADDRESS=01:00:5e:07:07:07")
    same(device, "a set without a query says nothing", said.stdout, "")
    said = call(CAPSTAN, "oid", "-i", device, "OID_802_3_MULTICAST_LIST=01:00:5e:07:07:07,01:00:5e:07:07:08").stdout
    same(device, "groups told back", "01:00:5e:07:07:07" in said and "01:00:5e:07:07:08" in said, True)


def check_refusals(device):
    for status, word, arguments in (
            (2, "which device", []), (2, "there is no OID", ["-i", device, "OID_NONSENSE"]),
            (2, "is no value", ["-i", device, "OID_GEN_CURRENT_PACKET_FILTER=loud"]),
            (2, "is no value", ["-i", device, "OID_802_3_MULTICAST_LIST=01:02"]),
            (2, "--hold", ["-i", device, "--hold", "OID_GEN_XMIT_OK"]),
            (1, "3758096571", ["-i", device, "OID_GEN_XMIT_OK=1"]), (1, "3758096571", ["-i", device, "0x12345678"]),
            (1, "no such interface", ["-i", "nowhere0"]), (1, "one interface", ["-i", "any", "OID_GEN_LINK_STATE"])):
        said = call(CAPSTAN, "oid", *arguments, check=False)
        same(device, arguments, (said.returncode, word in said.stderr), (status, True))


def check_queue(device):
    """Packets that wait behind a slow queue are counted."""
    if not shutil.which("tc") or not attempt("tc", "qdisc", "add", "dev", device, "root", "tbf", "rate", "8kbit", "burst",
                                             "1600", "limit", "100000"):
        return
    import socket
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind((device, 0))
    for _ in range(30):
        sender.send(b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x88\xb5" + bytes(1000))
    waiting = number(call(CAPSTAN, "oid", "-i", device, "OID_GEN_TRANSMIT_QUEUE_LENGTH").stdout.split(None, 1)[1])
    same(device, "packets that wait", waiting if 20 <= waiting <= 30 else "some 28", waiting)


if not attempt("mount", "-t", "sysfs", "sysfs", "/sys"):
    print("skipped: the kernel refuses a /sys of this namespace to compare with")
    sys.exit(SKIP)
call("ip", "link", "set", "lo", "up")
said = call(CAPSTAN, "oid", "-i", "lo", "OID_GEN_MAXIMUM_FRAME_SIZE", check=False)
if "without libnl" in said.stderr:
    print("skipped: this library was built without libnl")
    sys.exit(SKIP)
tap = make_tap("tap0")
devices = make_world()
for device in devices:
    check(device)
check_setting("left")
check_refusals("left")
check_queue("right")
for failure in failures:
    print(f"FAIL {failure}")
print(f"{len(failures)} failures" if failures else f"ok: {compared} comparisons on {' '.join(devices)}")
sys.exit(1 if failures else 0)
