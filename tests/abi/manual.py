"""manual.py ROOT CAPSTAN - capstan-filter(7) names every word of the filter language, and its examples compile."""
import os
import re
import subprocess
import sys

root, capstan = sys.argv[1:3]
with open(os.path.join(root, "man", "capstan-filter.7"), encoding="utf-8") as page:
    manual = page.read().replace("\\-", "-").replace("\\fR", " ").replace("\\fP", " ")

# Told by a rule: "addr1 to addr4", "with an h before", "also without hyphen".
UNTOLD = re.compile(r"addr(ess)?[23]|h(fisu|lssu|msu|sio|opc|dpc|sls)|(re)?assoc(req|resp)|probe(req|resp)")


def words(file):
    with open(os.path.join(root, "lib", "filter", file), encoding="utf-8") as source:
        return re.findall(r'\{ "([a-z0-9-]+)", (?:TOKEN_|MGT|CTL|DATA|0x|\d)', source.read())


wrong = []
told = set(re.findall(r"[a-z0-9-]+", manual))
for file, least in (("words.c", 150), ("wlan_type.c", 30), ("llc.c", 10), ("pflog.c", 20)):
    found = words(file)
    if len(found) < least:
        wrong.append(f"{file}: only {len(found)} words found")
    wrong += [f"{file}: '{word}' is not in the manual" for word in found
              if word not in told and not UNTOLD.fullmatch(word)]

examples = manual.split(".SH EXAMPLES\n.nf\n")[1].split(".fi")[0].splitlines()
for example in examples:
    said = subprocess.run([capstan, "filter", example], capture_output=True, text=True, check=False)
    if said.returncode != 0:
        wrong.append(f"example: {said.stderr}")
print("\n".join(wrong) or f"{len(examples)} examples compile")
sys.exit(1 if wrong or len(examples) < 5 else 0)
