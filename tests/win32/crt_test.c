/* crt_test.c - the porting kit's part of Microsoft's C runtime: printf and scanf with %I64, the _s functions. */
#include <tchar.h>

#include <setjmp.h>
#include <unistd.h>
#include <cmocka.h>

#define BIG 0x0123456789abcdefLL
#define BIG_TEXT "81985529216486895"

/* ---- printf ---- */

static void printf_knows_lengths_of_integers(void **state)
{
	char text[200];

	(void)state;
	assert_int_equal(sprintf(text, "%I64u %I64d %I64x", BIG, -BIG, BIG), 17 + 1 + 18 + 1 + 15);
	assert_string_equal(text, BIG_TEXT " -" BIG_TEXT " 123456789abcdef");
	sprintf(text, "[%20I64u][%-20I64d][%020I64X][%+I64d][%.3I64d]", BIG, BIG, BIG, BIG, 5LL);
	assert_string_equal(text, "[   " BIG_TEXT "][" BIG_TEXT "   ][00000123456789ABCDEF][+" BIG_TEXT "][005]");
	sprintf(text, "%I32d %I32u %Id %Iu", -1, 4000000000u, (ptrdiff_t)-BIG, (size_t)BIG);
	assert_string_equal(text, "-1 4000000000 -" BIG_TEXT " " BIG_TEXT);
	sprintf(text, "%*I64d|%s|%c|%%I64d|%5.1f|%lld", 4, 12LL, "%I64d I64", 'I', 2.25, BIG);
	assert_string_equal(text, "  12|%I64d I64|I|%I64d|  2.2|" BIG_TEXT);
}

static void long_formats_are_translated_whole(void **state)
{
	char format[2000], text[2100];

	(void)state;
	memset(format, 'x', sizeof(format));
	strcpy(format + sizeof(format) - 16, "<%I64u>");
	assert_int_equal(snprintf(text, sizeof(text), format, BIG), sizeof(format) - 16 + 2 + 17);
	assert_string_equal(text + sizeof(format) - 16, "<" BIG_TEXT ">");
	assert_int_equal(snprintf(text, 4, "%I64d", BIG), 17);
	assert_string_equal(text, "819");
}

static void streams_get_the_same(void **state)
{
	FILE *file = tmpfile();
	char text[64] = "";

	(void)state;
	assert_int_equal(fprintf(file, "%I64d,", BIG), 18);
	assert_int_equal(fprintf_s(file, "%I64d", 1LL), 1);
	rewind(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, BIG_TEXT ",1");
	fclose(file);
}

static void sized_printf_refuses_what_does_not_fit(void **state)
{
	char text[8] = "old";

	(void)state;
	assert_int_equal(sprintf_s(text, sizeof(text), "%s", "1234567"), 7);
	errno = 0;
	assert_int_equal(_stprintf_s(text, sizeof(text), "%s", "12345678"), -1);
	assert_int_equal(errno, ERANGE);
	assert_string_equal(text, "");
	assert_int_equal(sprintf_s(NULL, 5, "x"), -1);
	assert_int_equal(_snprintf_s(text, sizeof(text), sizeof(text), "%d.%d", 10, 20), 5);
	assert_string_equal(text, "10.20");
	assert_int_equal(_snprintf_s(text, sizeof(text), 3, "12345"), -1);
	assert_string_equal(text, "123");
	assert_int_equal(_snprintf_s(text, sizeof(text), _TRUNCATE, "123456789"), -1);
	assert_string_equal(text, "1234567");
	assert_int_equal(_snprintf_s(text, sizeof(text), 20, "123456789"), -1);
	assert_string_equal(text, "");
}

static void old_snprintf_leaves_the_nul_out_when_full(void **state)
{
	char text[8] = "abcdefg";

	(void)state;
	assert_int_equal(_snprintf(text, 3, "%d", 123), 3);
	assert_string_equal(text, "123defg");
	assert_int_equal(_snprintf(text, 3, "%d", 9876), -1);
	assert_string_equal(text, "987defg");
	assert_int_equal(_snprintf(text, 4, "%d", 12), 2);
	assert_string_equal(text, "12");
	assert_int_equal(_snprintf(NULL, 0, "%d %I64d", 12, BIG), 20);
}

/* ---- scanf ---- */

static void texts_stay_in_their_buffers(void **state)
{
	char text[6] = "......", other[4] = "...";
	int number = 0;

	(void)state;
	assert_int_equal(sscanf_s("12345 xyz 7", "%s %s %d", text, 6u, other, 4u, &number), 3);
	assert_string_equal(text, "12345");
	assert_string_equal(other, "xyz");
	assert_int_equal(number, 7);
	number = 0;
	assert_int_equal(sscanf_s("1 123456 7", "%d%s%d", &number, text, 6u, &number), 1);
	assert_string_equal(text, "");
	assert_int_equal(number, 1);
	assert_int_equal(sscanf_s("123456", "%3s%s", text, 6u, other, 4u), 2);
	assert_string_equal(text, "123");
	assert_string_equal(other, "456");
	assert_int_equal(sscanf_s("abc", "%s", text, 0u), 0);
	assert_int_equal(sscanf_s("a]bc:d", "%[]a-c]:%s", text, (unsigned)_countof(text), other, 4u), 2);
	assert_string_equal(text, "a]bc");
	assert_string_equal(other, "d");
	assert_int_equal(sscanf_s("%I64d", "%[%I64d]", text, 6u), 1);
	assert_string_equal(text, "%I64d");
	assert_int_equal(sscanf_s("no closing", "%[no", text, 6u), 0);
	assert_int_equal(sscanf_s("all", "%s", text, UINT_MAX), 1);
	assert_string_equal(text, "all");
}

static void only_an_l_makes_texts_wide(void **state)
{
	static const char *const formats[] = { "%Lc%Ls %L[c]", "%zc%zs %z[c]", "%jc%js %j[c]", "%tc%ts %t[c]", "%hc%hs %h[c]",
					       "%hC%hS %h[c]", "%Ic%Is %I[c]", "%I64c%I64s %I64[c]" };
	struct {
		char c, text[3], set[2], behind[4];
	} s;

	(void)state;
	for (size_t at = 0; at < _countof(formats); at++) {
		memset(&s, '.', sizeof(s));
		assert_int_equal(sscanf_s("ab c", formats[at], &s.c, 1u, s.text, 3u, s.set, 2u), 3);
		assert_memory_equal(&s, "ab\0.c\0....", sizeof(s));
	}
}

static void characters_need_no_nul(void **state)
{
	char c = 0, three[3] = "..";
	wchar_t wide[4] = L"";

	(void)state;
	assert_int_equal(sscanf_s(" x123", " %c%3c", &c, 1u, three, 3u), 2);
	assert_int_equal(c, 'x');
	assert_memory_equal(three, "123", 3);
	assert_int_equal(sscanf_s("abcd", "%4c", three, 3u), 0);
	assert_int_equal(three[0], 0);
	assert_int_equal(sscanf_s("abc abcd", "%ls %S", wide, 4u, wide, 4u), 1);
	assert_int_equal(wide[0], 0);
}

static void numbers_are_read_as_by_the_standard(void **state)
{
	long long big = 0, one = 0;
	unsigned a[6];
	short little = 0;
	double d = 0;
	int where = 0;

	(void)state;
	assert_int_equal(sscanf("-" BIG_TEXT "|1", "%I64d|%I64u", &big, &one), 2);
	assert_true(big == -BIG && one == 1);
	assert_int_equal(sscanf_s(BIG_TEXT " 2", "%I64u%I64d", &big, &one), 2);
	assert_true(big == BIG && one == 2);
	assert_int_equal(sscanf_s("0:1:2:a:b:ff", "%x:%x:%x:%x:%x:%x", a, a + 1, a + 2, a + 3, a + 4, a + 5), 6);
	assert_int_equal(a[5], 0xff);
	assert_int_equal(sscanf_s("3 %4.5 tail", "%hd %%%lf%n", &little, &d, &where), 2);
	assert_true(little == 3 && d == 4.5 && where == 6);
	assert_int_equal(sscanf_s("5", "%d %n", &where, &where), 1);
	assert_int_equal(sscanf_s("5 6", "%*d %d", &where), 1);
	assert_int_equal(where, 6);
	assert_int_equal(sscanf_s("", "%d", &where), EOF);
	assert_int_equal(sscanf_s("x", "%d", &where), 0);
	assert_int_equal(sscanf_s("1,x", "%d,%d", &where, &where), 1);
	assert_int_equal(sscanf_s("1", "%d,%d", &where, &where), 1);
}

static void what_does_not_fit_stays_in_the_stream(void **state)
{
	FILE *file = tmpfile();
	char text[4], rest[16];
	int number = 0;

	(void)state;
	fputs("17\nlongword next\n", file);
	rewind(file);
	assert_int_equal(fscanf_s(file, "%d", &number), 1);
	assert_int_equal(fscanf_s(file, "%s", text, 4u), 0);
	assert_string_equal(text, "");
	assert_int_equal(fscanf_s(file, "%s", rest, 16u), 1);
	assert_string_equal(rest, "word");
	assert_int_equal(fscanf_s(file, "%s%s", rest, 16u, rest, 16u), 1);
	assert_int_equal(fscanf_s(file, "%s", rest, 16u), EOF);
	fclose(file);
}

/* ---- Strings ---- */

static void copies_fit_or_leave_nothing(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(strcpy_s(text, 8, "1234567"), 0);
	assert_int_equal(_tcscat_s(text, 8, TEXT("8")), ERANGE);
	assert_string_equal(text, "");
	assert_int_equal(strcpy_s(text, 8, "12345678"), ERANGE);
	assert_int_equal(strcpy_s(text, 8, NULL), EINVAL);
	assert_int_equal(strcpy_s(NULL, 8, "1"), EINVAL);
	assert_int_equal(strncpy_s(text, 8, "123456789", 3), 0);
	assert_string_equal(text, "123");
	assert_int_equal(strncpy_s(text, 8, "123456789", _TRUNCATE), STRUNCATE);
	assert_string_equal(text, "1234567");
	strcpy(text, "ab");
	assert_int_equal(strncat_s(text, 8, "cdefghijk", 2), 0);
	assert_string_equal(text, "abcd");
	assert_int_equal(strncat_s(text, 8, "efghijk", _TRUNCATE), STRUNCATE);
	assert_string_equal(text, "abcdefg");
	memset(text, 'x', 8);
	assert_int_equal(strcat_s(text, 8, "y"), EINVAL);
	assert_int_equal(memcpy_s(text, 8, "123456789", 9), ERANGE);
	assert_int_equal(text[0] | text[7], 0);
	assert_int_equal(memmove_s(text, 8, "1234567", 8), 0);
	assert_int_equal(_stricmp("HeLLo", "hEllO"), 0);
}

static void errors_have_texts(void **state)
{
	char text[100], tiny[4];

	(void)state;
	assert_int_equal(strerror_s(text, sizeof(text), ENOENT), 0);
	assert_string_equal(text, strerror(ENOENT));
	assert_int_equal(strerror_s(tiny, sizeof(tiny), ENOENT), 0);
	assert_int_equal(strlen(tiny), 3);
	assert_int_equal(strerror_s(NULL, 4, ENOENT), EINVAL);
}

/* ---- Time and files ---- */

static void times_come_in_microsofts_order(void **state)
{
	time_t when = 86400 + 3661;
	struct tm local, utc;
	char text[26];

	(void)state;
	setenv("TZ", "UTC-2", 1);
	tzset();
	assert_int_equal(localtime_s(&local, &when), 0);
	assert_int_equal(local.tm_hour, 3);
	assert_int_equal(gmtime_s(&utc, &when), 0);
	assert_int_equal(utc.tm_hour, 1);
	assert_int_equal(utc.tm_mday, 2);
	assert_int_equal(ctime_s(text, sizeof(text), &when), 0);
	assert_string_equal(text, "Fri Jan  2 03:01:01 1970\n");
	assert_int_equal(asctime_s(text, 25, &utc), EINVAL);
	assert_int_equal(localtime_s(&local, NULL), EINVAL);
	assert_int_equal(local.tm_year, -1);
}

static void fopen_s_says_why_not(void **state)
{
	FILE *file = stdin;

	(void)state;
	assert_int_equal(fopen_s(&file, "/nonexistent/x", "rb"), ENOENT);
	assert_null(file);
	assert_int_equal(fopen_s(NULL, "/dev/null", "rb"), EINVAL);
	assert_int_equal(fopen_s(&file, "/dev/null", "rt"), 0);
	assert_non_null(file);
	fclose(file);
}

static void commands_are_piped_in_binary_mode(void **state)
{
	char text[16];
	FILE *pipe = _tpopen("printf 'a\\nb'; exit 3", "rb");

	(void)state;
	assert_non_null(pipe);
	assert_int_equal(fread(text, 1, sizeof(text), pipe), 3);
	assert_memory_equal(text, "a\nb", 3);
	assert_int_equal(_pclose(pipe), 3);
	assert_null(_popen("true", "x"));
}

/* ---- Paths ---- */

static void npcap_folder_is_found(void **state)
{
	_TCHAR folder[512];
	TCHAR tiny[4];

	(void)state;
	UINT length = GetSystemDirectory(folder, 480);
	assert_int_equal(length, strlen(folder));
	assert_int_equal(access(folder, F_OK), 0);
	assert_int_equal(GetSystemDirectory(tiny, 4), length + 1);
	assert_int_equal(_tcscat_s(folder, 512, TEXT("\\Npcap")), 0);
	assert_true(SetDllDirectory(folder));
	assert_false(SetDllDirectory("a;b"));
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void short_names_are_the_names(void **state)
{
	TCHAR name[MAX_PATH];

	(void)state;
	assert_int_equal(GetShortPathName("/dev/null", name, MAX_PATH), 9);
	assert_string_equal(name, "/dev/null");
	assert_int_equal(GetShortPathName("/dev/null", name, 9), 10);
	assert_int_equal(GetShortPathName("/nonexistent", name, MAX_PATH), 0);
	assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
}

/* ---- Types ---- */

static void addresses_have_both_names(void **state)
{
	struct {
		struct sockaddr_in address;
		char behind[8];
	} s;
	u_long *through = &s.address.sin_addr.S_un.S_addr;

	(void)state;
	memset(&s, 0x55, sizeof(s));
	*through = inet_addr("1.2.3.4");
	assert_int_equal(s.address.sin_addr.s_addr, s.address.sin_addr.S_un.S_addr);
	assert_int_equal(s.address.sin_addr.S_un.S_un_b.s_b1, 1);
	assert_int_equal(s.address.sin_addr.S_un.S_un_b.s_b4, 4);
	assert_string_equal(inet_ntoa(s.address.sin_addr), "1.2.3.4");
	assert_int_equal(s.address.sin_zero[0], 0x55);
	assert_int_equal(sizeof(struct in_addr), 4);
	assert_int_equal(sizeof(struct sockaddr_in), 16);
}

static void numbers_have_windows_sizes(void **state)
{
	LARGE_INTEGER large;

	(void)state;
	assert_int_equal(sizeof(DWORD), 4);
	assert_int_equal(sizeof(ULONG), 4);
	assert_int_equal(sizeof(LONG), 4);
	assert_int_equal(sizeof(u_long), 4);
	assert_int_equal(sizeof(LONGLONG), 8);
	assert_int_equal(sizeof(unsigned __int64), 8);
	large.QuadPart = BIG;
	assert_int_equal(large.LowPart, 0x89abcdef);
	assert_int_equal(large.u.HighPart, 0x01234567);
}

static void winsock_starts(void **state)
{
	WSADATA data;
	SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
	u_long on = 1;
	char byte;

	(void)state;
	assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
	assert_int_equal(data.wVersion, MAKEWORD(2, 2));
	assert_int_equal(WSAStartup(0, &data), WSAVERNOTSUPPORTED);
	assert_int_equal(ioctlsocket(s, FIONBIO, &on), 0);
	assert_int_equal(recv(s, &byte, 1, 0), SOCKET_ERROR);
	assert_int_equal(WSAGetLastError(), WSAEWOULDBLOCK);
	assert_int_equal(closesocket(s), 0);
	assert_int_equal(closesocket(s), SOCKET_ERROR);
	assert_int_equal(WSACleanup(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printf_knows_lengths_of_integers),
		cmocka_unit_test(long_formats_are_translated_whole),
		cmocka_unit_test(streams_get_the_same),
		cmocka_unit_test(sized_printf_refuses_what_does_not_fit),
		cmocka_unit_test(old_snprintf_leaves_the_nul_out_when_full),
		cmocka_unit_test(texts_stay_in_their_buffers),
		cmocka_unit_test(only_an_l_makes_texts_wide),
		cmocka_unit_test(characters_need_no_nul),
		cmocka_unit_test(numbers_are_read_as_by_the_standard),
		cmocka_unit_test(what_does_not_fit_stays_in_the_stream),
		cmocka_unit_test(copies_fit_or_leave_nothing),
		cmocka_unit_test(errors_have_texts),
		cmocka_unit_test(times_come_in_microsofts_order),
		cmocka_unit_test(fopen_s_says_why_not),
		cmocka_unit_test(commands_are_piped_in_binary_mode),
		cmocka_unit_test(npcap_folder_is_found),
		cmocka_unit_test(short_names_are_the_names),
		cmocka_unit_test(addresses_have_both_names),
		cmocka_unit_test(numbers_have_windows_sizes),
		cmocka_unit_test(winsock_starts),
	};

	return cmocka_run_group_tests_name("the porting kit's C runtime", tests, NULL, NULL);
}
