#!/usr/bin/env python3
"""headers_test.py INCLUDE - the porting kit's headers: each compiles by itself without a warning, in every standard and with
every compiler here; all of them go with the system's headers, before and after; and nobody has them who did not ask."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "abi"))
sys.dont_write_bytecode = True
import common  # noqa: E402

STANDARDS = {"c": ["gnu89", "c99", "gnu17"], "c++": ["gnu++98", "gnu++17"]}
GNU = ["gnu89", "gnu17", "gnu++98", "gnu++17"]  # where libc gives away all it has
WARNINGS = ["-Wall", "-Wextra", "-Wundef", "-Wstrict-aliasing", "-Werror"]
TAIL = "extern int unit;\nint unit;\n"
SYSTEM = ["sys/types.h", "sys/socket.h", "netinet/in.h", "arpa/inet.h", "netdb.h", "net/ethernet.h", "netinet/if_ether.h",
          "netinet/ip.h", "netinet/udp.h", "netinet/tcp.h", "linux/if_packet.h", "unistd.h", "signal.h", "time.h",
          "stdio.h", "poll.h", "fcntl.h"]
CXX = ["iostream", "string", "algorithm", "vector", "cstdio", "map", "thread"]

# What programs for Npcap take for granted when they have included <pcap.h>.
FOR_GRANTED = """
static BOOL granted(LPVOID parameter)
{
	struct sockaddr_in address;
	unsigned __int64 big = INT_MAX;
	u_long *field = &address.sin_addr.S_un.S_addr;
	UCHAR bytes[4];
	struct addrinfo hints;

	ZeroMemory(&hints, sizeof(hints));
	memset(bytes, 0, _countof(bytes));
	*field = 0;
	address.sin_addr.s_addr = htonl(INADDR_ANY);
	printf("%I64u %d", big, (int)address.sin_addr.S_un.S_un_b.s_b1);
	Sleep(0);
	return parameter && strlen("x") ? TRUE : FALSE;
}
int main(void)
{
	return granted(NULL);
}
"""


def cases(kit):
    names = [name for name in sorted(os.listdir(kit)) if name.endswith(".h")] + ["netinet/in.h"]
    everywhere = [standard for standards in STANDARDS.values() for standard in standards]
    for name in names:
        yield f"<{name}> alone", common.include_lines([name, name]) + TAIL, everywhere
    yield "all after the system's", common.include_lines(SYSTEM + names) + TAIL, everywhere
    yield "all before the system's", common.include_lines(names + SYSTEM) + TAIL, everywhere
    yield "what <pcap.h> brings", common.include_lines(["pcap.h"]) + FOR_GRANTED, GNU
    yield "what <pcap.h> brings after the system's", common.include_lines(SYSTEM + ["pcap.h"]) + FOR_GRANTED, GNU
    standard = "#include <pcap.h>\n%s\nvoid say(std::string s);\nvoid say(std::string s)\n{\n" \
               "\tstd::printf(\"%%s %%d\", s.c_str(), std::min(1, 2));\n\tstd::cout << s << std::endl;\n}\n" \
               "int arrays_bring_their_sizes(va_list args, const tm *when, const time_t *then);\n" \
               "int arrays_bring_their_sizes(va_list args, const tm *when, const time_t *then)\n{\n\tchar text[32];\n" \
               "\treturn strcpy_s(text, \"x\") || strcat_s(text, \"y\") || strncpy_s(text, \"z\", _TRUNCATE) ||\n" \
               "\t\tsprintf_s(text, \"%%d\", 1) < 0 || vsprintf_s(text, \"%%d\", args) < 0 || asctime_s(text, when) ||\n" \
               "\t\tctime_s(text, then) || strerror_s(text, 1) || !gets_s(text);\n}\n"
    yield "the C++ library after it", standard % common.include_lines(CXX), ["gnu++17"]
    yield "the C++ library before it", common.include_lines(CXX) + standard % "", ["gnu++17"]


def main(include_dir):
    kit = os.path.join(include_dir, "capstan", "win32")
    failures, compiled = [], 0
    for language in ("c", "c++"):
        for compiler in common.compilers(language):
            base = compiler + ["-x", language, "-fsyntax-only", "-I", kit, "-I", include_dir]
            for what, text, standards in cases(kit):
                for standard in STANDARDS[language]:
                    if standard not in standards:
                        continue
                    done = common.run(base + [f"-std={standard}", *WARNINGS, "-"], text)
                    compiled += 1
                    if done.returncode != 0:
                        failures.append(f"{what}, {compiler[0]} -std={standard}:\n{done.stderr}")
            done = common.run(base + ["-DUNICODE", "-"], "#include <tchar.h>\n")
            if done.returncode == 0 or "without UNICODE" not in done.stderr:
                failures.append(f"{compiler[0]}: UNICODE is not refused: {done.stderr}")
            outside = compiler + ["-x", language, "-fsyntax-only", "-I", include_dir, "-"]
            for text in ("#include <windows.h>\n", "#include <pcap.h>\nBOOL b;\n", "#include <pcap.h>\nu_long *p = (int *)0;\n"
                         if language == "c++" else "#include <pcap.h>\nstruct in_addr a = { .S_un.S_addr = 1 };\n"):
                if common.run(outside, text).returncode == 0:
                    failures.append(f"{compiler[0]}: without the kit on its path this compiled: {text}")
    if not compiled:
        common.skip("no C compiler found")
    common.verdict(failures, f"{compiled} compilations")


main(sys.argv[1])
