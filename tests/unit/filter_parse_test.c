/* filter_parse_test.c - filter expressions to trees: what each reads as, what errors say and where, and the limits.
 * Trees are compared as text: `&` and `|` lists in parentheses, `!` before what is negated, primitives in brackets with
 * all of their qualifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filter/parse.h"
#include "filter/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const dir_names[] = { "",	   "src ",   "dst ",   "src|dst ", "src&dst ", "addr1 ",
					 "addr2 ", "addr3 ", "addr4 ", "ra ",	   "ta " };
static const char *const type_names[] = { "",		"host ",  "net ",	 "port ",
					  "portrange ", "proto ", "protochain ", "gateway " };
static const char *const relations[] = { "=", "!=", ">", ">=", "<", "<=" };
static const char *const operators[] = { "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>" };

static void dump_proto(FILE *out, enum ast_proto proto)
{
	if (proto != PROTO_NONE)
		fprintf(out, "%s ", cst_proto_word(proto));
}

static void dump_id(FILE *out, const struct ast_id *id)
{
	switch (id->form) {
	case ID_NAME:
		fprintf(out, "'%s'", id->text);
		break;
	case ID_NUMBER:
		fprintf(out, "%u", id->number);
		break;
	case ID_DOTTED:
		fprintf(out, "%u:%x", id->dotted.parts, id->dotted.value);
		break;
	case ID_IPV6:
		for (int i = 0; i < 16; i++)
			fprintf(out, "%02x", id->ipv6[i]);
		break;
	case ID_MAC:
		for (int i = 0; i < 6; i++)
			fprintf(out, "%s%02x", i ? ":" : "", id->mac[i]);
		break;
	case ID_ARCNET:
		fprintf(out, "$%02x", id->arcnet);
		break;
	}
}

static void dump_arith(FILE *out, const struct ast_arith *arith)
{
	switch (arith->kind) {
	case ARITH_NUMBER:
		fprintf(out, "%u", arith->number);
		break;
	case ARITH_LEN:
		fputs("len", out);
		break;
	case ARITH_LOAD:
		fprintf(out, "%s{", cst_proto_word(arith->load.proto));
		dump_arith(out, arith->load.index);
		fprintf(out, ":%u}", arith->load.size);
		break;
	case ARITH_NEG:
		fputs("(-", out);
		dump_arith(out, arith->inner);
		fputc(')', out);
		break;
	case ARITH_BINARY:
		fputc('(', out);
		dump_arith(out, arith->binary.left);
		fputs(operators[arith->binary.op], out);
		dump_arith(out, arith->binary.right);
		fputc(')', out);
		break;
	}
}

static void dump_match(FILE *out, const struct ast_match *match)
{
	dump_proto(out, match->proto);
	fprintf(out, "%s%s", dir_names[match->dir], type_names[match->type]);
	dump_id(out, &match->id);
	if (match->mask_form == MASK_LENGTH)
		fprintf(out, "/%u", match->mask_length);
	if (match->mask_form == MASK_ADDRESS) {
		fputs(" mask ", out);
		dump_id(out, &match->mask);
	}
}

static void dump_word(FILE *out, const struct ast *tree)
{
	fprintf(out, "word%d", (int)tree->word.word);
	for (int i = 0; i < 2; i++) {
		const struct ast_argument *argument = &tree->word.args[i];
		if (argument->kind == ARG_NUMBER)
			fprintf(out, " %u", argument->number);
		if (argument->kind == ARG_TEXT)
			fprintf(out, " '%s'", argument->text);
	}
	if (tree->word.word == WORD_BYTE)
		fprintf(out, " op%d", (int)tree->word.byte_operator);
}

static void dump(FILE *out, const struct ast *tree)
{
	if (tree->kind == AST_AND || tree->kind == AST_OR) {
		for (size_t i = 0; i < tree->list.count; i++) {
			fputc(i == 0 ? '(' : tree->kind == AST_AND ? '&' : '|', out);
			dump(out, tree->list.kids[i]);
		}
		fputc(')', out);
		return;
	}
	if (tree->kind == AST_NOT) {
		fputc('!', out);
		dump(out, tree->inner);
		return;
	}

	fputc('[', out);
	switch (tree->kind) {
	case AST_MATCH:
		dump_match(out, &tree->match);
		break;
	case AST_PROTOCOL:
		fputs(cst_proto_word(tree->proto), out);
		break;
	case AST_BROADCAST:
	case AST_MULTICAST:
		dump_proto(out, tree->proto);
		fputs(tree->kind == AST_BROADCAST ? "broadcast" : "multicast", out);
		break;
	case AST_COMPARE:
		dump_arith(out, tree->compare.left);
		fputs(relations[tree->compare.relation], out);
		dump_arith(out, tree->compare.right);
		break;
	case AST_WORD:
		dump_word(out, tree);
		break;
	case AST_FIELD:
		fprintf(out, "field%d %s %u", (int)tree->field.field, relations[tree->field.relation],
			tree->field.number);
		break;
	default:
		break;
	}
	fputc(']', out);
}

static void expect_tree(const char *expression, const char *expected)
{
	struct cst_arena arena;
	struct cst_diagnosis diagnosis = { .expression = expression };
	char *text = NULL;
	size_t size;

	cst_arena_init(&arena, 1 << 20);
	const struct ast *tree = cst_parse(&arena, &diagnosis);
	if (!tree)
		fail_msg("'%.80s' was refused: %s", expression, diagnosis.message);
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	dump(out, tree);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	cst_arena_free(&arena);
}

static void expect_error(const char *expression, const char *expected)
{
	struct cst_arena arena;
	struct cst_diagnosis diagnosis = { .expression = expression };

	cst_arena_init(&arena, 64 << 20);
	if (cst_parse(&arena, &diagnosis))
		fail_msg("'%.80s' was not refused", expression);
	assert_true(diagnosis.failed);
	if (!strstr(diagnosis.message, expected))
		fail_msg("'%.80s' was refused with \"%s\", not with \"%s\"", expression, diagnosis.message, expected);
	cst_arena_free(&arena);
}

static void blank_text_is_the_empty_expression(void **state)
{
	(void)state;
	expect_tree("", "[]");
	expect_tree(" \t\r\n", "[]");
}

static void and_and_or_bind_alike_from_left_to_right(void **state)
{
	(void)state;
	expect_tree("tcp or udp and ip", "(([tcp]|[udp])&[ip])");
	expect_tree("tcp and udp or ip", "(([tcp]&[udp])|[ip])");
	expect_tree("tcp or (udp and ip)", "([tcp]|([udp]&[ip]))");
	expect_tree("not tcp and ip", "(![tcp]&[ip])");
	expect_tree("!(tcp&&ip)||udp", "(!([tcp]&[ip])|[udp])");
	expect_tree("not!tcp", "!![tcp]");
}

static void lists_are_flat(void **state)
{
	(void)state;
	expect_tree("tcp or udp or ip or arp or rarp", "([tcp]|[udp]|[ip]|[arp]|[rarp])");
	expect_tree("(tcp or udp) or ip", "([tcp]|[udp]|[ip])");
	expect_tree("port (1 or 2 or 3) or 4", "([port 1]|[port 2]|[port 3]|[port 4])");
}

static void bare_identifiers_inherit_the_qualifiers_left_of_them(void **state)
{
	(void)state;
	expect_tree("tcp dst port 80 or 443 and not 81", "(([tcp dst port 80]|[tcp dst port 443])&![tcp dst port 81])");
	expect_tree("host a and (b or c)", "([host 'a']&([host 'b']|[host 'c']))");
	expect_tree("src or dst port (80 or 81)", "([src|dst port 80]|[src|dst port 81])");
	expect_tree("tcp port 80 or src 81", "([tcp port 80]|[src 81])");
	expect_tree("net 10.0.0.0/8 or 11.0.0.0 mask 255.0.0.0", "([net 4:a000000/8]|[net 4:b000000 mask 4:ff000000])");
	expect_tree("not host a or b", "(![host 'a']|[host 'b'])");
	expect_tree("port not (80 or not 81)", "!([port 80]|![port 81])");
}

static void a_parenthesis_hands_on_what_stood_before_it(void **state)
{
	(void)state;
	expect_tree("port 80 or (tcp) or 81", "([port 80]|[tcp]|[port 81])");
	expect_tree("port 80 and (net 10 or 11) and 12", "([port 80]&([net 10]|[net 11])&[port 12])");
	expect_tree("port 80 or not (tcp) or 81", "([port 80]|![tcp]|[port 81])");
	expect_error("(port 80) or 81", "nothing says what '81' is");
	expect_error("port 80 or tcp or 81", "at column 19");
	expect_error("port 80 or len > 5 or 81", "at column 23");
}

static void a_list_of_identifiers_holds_nothing_else(void **state)
{
	(void)state;
	expect_error("port (80 or port 81)", "found 'port' at column 13");
	expect_error("port 80 or (443 or tcp)", "found 'tcp' at column 20");
	expect_error("port ((80 or 81))", "a list can't begin with a list");
	expect_tree("port (80 or (81 or 82))", "([port 80]|([port 81]|[port 82]))");
	expect_tree("port ((80))", "[port 80]");
}

static void qualifiers_come_in_one_order(void **state)
{
	(void)state;
	expect_tree("ip src host a", "[ip src host 'a']");
	expect_tree("dst&&src net 10", "[src&dst net 10]");
	expect_tree("wlan addr3 1:2:3:4:5:6", "[ether addr3 01:02:03:04:05:06]");
	expect_tree("ip6 protochain \\tcp", "[ip6 protochain 'tcp']");
	expect_tree("ip gateway foo or bar", "([ip gateway 'foo']|[ip gateway 'bar'])");
	expect_tree("tr multicast or broadcast", "([ether multicast]|[broadcast])");
	expect_error("host src a", "found 'src' at column 6");
	expect_error("src proto 5", "found 'proto' at column 5");
	expect_error("src or port 80", "expected 'dst' after 'or', found 'port' at column 8");
	expect_error("ra or ta 1:2:3:4:5:6", "found 'or' at column 4");
	expect_error("src broadcast", "found 'broadcast' at column 5");
}

static void addresses_are_read_in_all_their_forms(void **state)
{
	(void)state;
	expect_tree("host 1.2", "[host 2:102]");
	expect_tree("host 010.0.0.1", "[host 4:a000001]");
	expect_tree("ip6 host ::", "[ip6 host 00000000000000000000000000000000]");
	expect_tree("ip6 host 1:2:3:4:5:6:7::", "[ip6 host 00010002000300040005000600070000]");
	expect_tree("ip6 host fe80::1:1.2.3.4", "[ip6 host fe800000000000000000000101020304]");
	expect_tree("net 2001:db8::/32", "[net 20010db8000000000000000000000000/32]");
	expect_tree("ether host a-B-c-D-0-1f", "[ether host 0a:0b:0c:0d:00:1f]");
	expect_tree("ether host 1.2.3.4.5.6", "[ether host 01:02:03:04:05:06]");
	expect_tree("ether host 0011.2233.4455", "[ether host 00:11:22:33:44:55]");
	expect_tree("ether host 001122334455", "[ether host 00:11:22:33:44:55]");
	expect_tree("link host $a or $ab", "([ether host $0a]|[ether host $ab])");
	expect_tree("decnet host 10.1023", "[decnet host 2:aff]");
	expect_error("host 300.1.2.3", "300 is greater than 255 at column 6");
	expect_error("host ::1.2.3.256", "is no IPv6 address at column 6");
	expect_error("ether host 08:00:27:01:02", "'08:00:27:01:02' is no address: a MAC address has six groups");
	expect_error("ether host 1:2:3:4:5:6:7", "'1:2:3:4:5:6:7' is no address");
	expect_error("ip or host fe80:::1", "an IPv6 address eight of up to four or '::' at column 12");
	expect_error("net 10/8", "a network with dots");
}

/* The longest token wins, so an address may touch the word behind it. */
static void tokens_are_as_long_as_they_can_be(void **state)
{
	(void)state;
	expect_tree("host ::1or tcp", "([host 00000000000000000000000000000001]|[tcp])");
	expect_tree("host 2001:db8::1234and tcp", "([host 20010db8000000000000000000001234]&[tcp])");
	expect_tree("ether host 1:2:3:4:5:6or tcp", "([ether host 01:02:03:04:05:06]|[tcp])");
	expect_tree("host 1.2.3.4or", "[host '1.2.3.4or']");
	expect_tree("host a.-b", "[host 'a.-b']");
	expect_tree("port 1-2", "[port '1-2']");
	expect_tree("host \\\x80[&]", "[host '\x80[&]']");
	expect_error("host a_", "'_' means nothing");
	expect_error("len = 5-3", "'-' between blanks");
}

static void numbers_follow_c(void **state)
{
	(void)state;
	expect_tree("port 010 or 0x1F or 0X1f or 00", "([port 8]|[port 31]|[port 31]|[port 0])");
	expect_tree("len = 4294967295", "[len=4294967295]");
	expect_tree("tcp[tcpflags] & tcp-syn != 0", "[(tcp{13:1}&2)!=0]");
	expect_tree("port icmp6-echo", "[port 128]");
	expect_error("len = 4294967296", "does not fit in 32 bits at column 7");
	expect_error("port 08", "has no '8' at column 6");
	expect_error("len = 1x", "found '1x'");
}

static void arithmetic_binds_as_documented_here(void **state)
{
	(void)state;
	expect_tree("1 + 2 * 3 - 4 = 5", "[((1+(2*3))-4)=5]");
	expect_tree("1 | 2 & 3 << 4 + 5 = 6", "[(1|(2&(3<<(4+5))))=6]");
	expect_tree("1 * 2 % 3 + 4 = 5", "[(1*(2%(3+4)))=5]");
	expect_tree("1 % 2 ^ 3 = 4", "[(1%(2^3))=4]");
	expect_tree("-1 + 2 = - -3", "[((-1)+2)=(-(-3))]");
	expect_tree("-1 % 2 = 3", "[(-(1%2))=3]");
	expect_tree("ip[ip[0] & 0xf : 2] = len", "[ip{(ip{0:1}&15):2}=len]");
	expect_tree("wlan[0] == 1", "[ether{0:1}=1]");
}

static void parentheses_hold_arithmetic_or_expressions(void **state)
{
	(void)state;
	expect_tree("(tcp[0] + 1) > 2", "[(tcp{0:1}+1)>2]");
	expect_tree("(((1)) + 2 >= 3)", "[(1+2)>=3]");
	expect_tree("port 80 or (81 + 1) > 4", "([port 80]|[(81+1)>4])");
	expect_tree("port 80 or (81)", "([port 80]|[port 81])");
	expect_error("port (80 > 4)", "found '>' at column 10");
	expect_error("(tcp) > 4", "found '>' at column 7");
	expect_error("1 = 1 = 1", "found '=' at column 7");
	expect_error("tcp[0:3] = 1", "expected a size of 1, 2 or 4 bytes, found 3 at column 7");
	expect_error("tcp[0:(2)] = 1", "found '(' at column 7");
	expect_error("tcp[0]", "expected a relation");
}

static void words_take_their_own_arguments(void **state)
{
	char expected[128];

	(void)state;
	snprintf(expected, sizeof(expected), "([word%d]&[word%d 5]&[word%d 6])", WORD_VLAN, WORD_VLAN, WORD_VLAN);
	expect_tree("vlan and vlan 5 and vlan ((6))", expected);
	snprintf(expected, sizeof(expected), "[word%d 1 2 op%d]", WORD_BYTE, BYTE_OR);
	expect_tree("byte 1 | 2", expected);
	snprintf(expected, sizeof(expected), "([word%d]|[word%d 'rnr']|[word%d 's'])", WORD_LLC, WORD_LLC, WORD_LLC);
	expect_tree("llc or llc rulenum or llc s", expected);
	snprintf(expected, sizeof(expected), "([word%d 'mgt' 'beacon']|[word%d 0 8])", WORD_WLAN_TYPE, WORD_WLAN_TYPE);
	expect_tree("wlan type mgt subtype beacon or type 0 subtype 8", expected);
	snprintf(expected, sizeof(expected), "([word%d 'eth-0']&[word%d 5])", WORD_PF_IFNAME, WORD_PF_REASON);
	expect_tree("on eth-0 and reason 5", expected);
	snprintf(expected, sizeof(expected), "[word%d 77]", WORD_VXLAN);
	expect_tree("vxlan 77", expected);
	expect_error("less (5)", "expected a length in bytes after 'less', found '(' at column 6");
	expect_error("byte 5 != 6", "found '!=' at column 8");
	expect_error("subtype 0", "found '0' at column 9");
	expect_error("vxlan 1 or 2", "at column 12");
}

static void fields_take_a_relation_or_a_list(void **state)
{
	char expected[128];

	(void)state;
	snprintf(expected, sizeof(expected), "([field%d != 5]&([field%d = 1]|[field%d = 2]))", FIELD_VPI, FIELD_HDPC,
		 FIELD_HDPC);
	expect_tree("vpi != 5 and hdpc (1 or 2)", expected);
	expect_error("vpi (> 5)", "expected a number after '(', found '>' at column 6");
	expect_error("vpi (1 and 2)", "expected 'or' or ')' after '1', found 'and' at column 8");
	expect_error("vpi ((1))", "found '(' at column 6");
}

static void errors_point_and_suggest(void **state)
{
	(void)state;
	expect_error("ip and tpc port 80", "unknown word 'tpc' (did you mean 'tcp'?) at column 8");
	expect_error("TCP", "(did you mean 'tcp'?) at column 1");
	expect_error("tcp and foo", "nothing says what 'foo' is");
	expect_error("tcp prot 80", "found 'prot' (did you mean 'port'?) at column 5");
	expect_error("ip proto icmp", "written '\\icmp') after 'proto', found 'icmp' at column 10");
	expect_error("port 80 or ", "expected a filter primitive after 'or', found the end of the expression at column 11");
	expect_error("tcp 80", "the end, or a qualifier such as 'host' or 'port' after 'tcp', found '80' at column 5");
	expect_error("(udp x)", "')', or a qualifier such as 'host' or 'port' after 'udp', found 'x' at column 6");
	expect_error("port 80, 443", "expected 'or' between the parts of a list at column 8");
	expect_error("(tcp", "expected 'and', 'or' or ')' after 'tcp', found the end");
	expect_error("tcp)", "found ')' at column 4");
	expect_error("host \\", "expected a name right after '\\' at column 6");
}

static void what_other_languages_write_is_translated(void **state)
{
	(void)state;
	expect_error("ip.addr == 192.0.2.1", "a capture filter says 'host ADDRESS' at column 1");
	expect_error("udp and tcp.flags.syn == 1", "says 'tcp[tcpflags] & tcp-syn != 0' at column 9");
	expect_error("ip.unheard == 1", "nothing says what 'ip.unheard' is");
	expect_error("tcp & udp", "found '&' (did you mean '&&'?) at column 5");
	expect_error("(tcp | udp)", "found '|' (did you mean '||'?) at column 6");
	expect_error("host 192.0.2.1:80", "a port is asked for apart, as in 'host 192.0.2.1 and port 80' at column 15");
	expect_error("host fe80::1%eth0", "packets carry no zone, the address alone is compared at column 13");
	expect_error("portrange 80-", "a range of ports is written as in 'portrange 8000-8080' at column 13");
	expect_error("tcp ^ udp", "found '^' at column 5");
}

static void bytes_outside_the_language_are_named(void **state)
{
	(void)state;
	expect_error("tcp \x01", "the byte 0x01 can't be part of a filter expression at column 5");
	expect_error("tcp \xc3\xa9", "the byte 0xc3");
	expect_error("tcp\x7f", "the byte 0x7f can't be part of a filter expression at column 4");
	expect_error("tcp \v udp", "the byte 0x0b");
	expect_error("tcp # udp", "'#' means nothing in a filter expression at column 5");
	expect_error("tcp \\a\x1b[2J", "found '\\a?[2J'");
}

/* `count` times `piece` between `before` and `after`. */
static char *repeated(const char *before, const char *piece, size_t count, const char *after)
{
	size_t length = strlen(piece);
	char *text = malloc(strlen(before) + length * count + strlen(after) + 1);
	assert_non_null(text);
	char *end = stpcpy(text, before);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, piece);
	strcpy(end, after);
	return text;
}

static void expect_repeated_error(const char *before, const char *piece, size_t count, const char *after)
{
	char *text = repeated(before, piece, count, after);
	expect_error(text, "nests deeper than 1000 levels");
	free(text);
}

static void nesting_is_limited(void **state)
{
	(void)state;
	expect_repeated_error("", "(", 100000, "tcp");
	expect_repeated_error("", "(", 1001, "tcp");
	expect_repeated_error("host ", "(", 100000, "1");
	expect_repeated_error("vlan ", "(", 100000, "1");
	expect_repeated_error("", "!", 100000, "tcp");
	expect_repeated_error("", "!(", 100000, "tcp");
	expect_repeated_error("tcp", " or udp and ip", 100000, "");
	expect_repeated_error("", "-", 100000, "1 = 1");
	expect_repeated_error("", "ip[", 100000, "1");
	expect_repeated_error("1", " + 1", 100000, " = 1");
	expect_repeated_error("1", " % 1", 100000, " = 1");
	expect_repeated_error("len = ", "(", 100000, "1");
}

static void long_lists_are_no_nesting(void **state)
{
	struct cst_arena arena;
	char *text = repeated("port 1", " or 1", 200000, "");
	struct cst_diagnosis diagnosis = { .expression = text };

	(void)state;
	cst_arena_init(&arena, 64 << 20);
	const struct ast *tree = cst_parse(&arena, &diagnosis);
	assert_non_null(tree);
	assert_int_equal(tree->kind, AST_OR);
	assert_int_equal(tree->list.count, 200001);
	assert_int_equal(tree->at.start, 0);
	assert_int_equal(tree->at.length, strlen(text));
	assert_int_equal(tree->list.kids[200000]->match.type, TYPE_PORT);
	cst_arena_free(&arena);
	free(text);
}

static void too_little_memory_is_an_error_everywhere(void **state)
{
	static const char text[] =
		"not (tcp port 80 or (81 and 82)) and ip[-(1 + len):2] > 5 or net 10.0.0.0 mask 255.0.0.0"
		" or vlan 5 or vpi (1 or 2 or 3) or type mgt or ip multicast or ether host 1:2:3:4:5:6";
	size_t refused = 0;

	(void)state;
	for (size_t limit = 0; limit < 64 << 10; limit += 64) {
		struct cst_arena arena;
		struct cst_diagnosis diagnosis = { .expression = text };
		cst_arena_init(&arena, limit);
		const struct ast *tree = cst_parse(&arena, &diagnosis);
		assert_int_equal(tree == NULL, diagnosis.failed);
		if (!tree) {
			assert_non_null(strstr(diagnosis.message, "memory"));
			refused++;
		}
		cst_arena_free(&arena);
	}
	assert_true(refused > 0 && refused < 1024);
}

static void every_protocol_has_a_word(void **state)
{
	(void)state;
	for (int proto = PROTO_LINK; proto <= PROTO_RADIO; proto++) {
		const char *text = cst_proto_word((enum ast_proto)proto);
		const struct cst_word *word = cst_word_find(text, strlen(text));
		assert_non_null(word);
		assert_int_equal(word->kind, TOKEN_PROTO);
		assert_int_equal(word->value, proto);
	}
	/* The first and the last of the sorted table, and neighbours in it that begin alike. */
	assert_non_null(cst_word_find("aarp", 4));
	assert_non_null(cst_word_find("wlan", 4));
	assert_int_equal(cst_word_find("icmp6", 4)->value, PROTO_ICMP);
	assert_int_equal(cst_word_find("icmp6", 5)->value, PROTO_ICMP6);
	assert_null(cst_word_find("icm", 3));
}

static void near_words_are_found(void **state)
{
	(void)state;
	assert_string_equal(cst_words_near("tpc"), "tcp");
	assert_string_equal(cst_words_near("brodcast"), "broadcast");
	assert_string_equal(cst_words_near("Portrange"), "portrange");
	assert_null(cst_words_near("www.example.com"));
	assert_null(cst_words_near("x"));
	assert_null(cst_words_near(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blank_text_is_the_empty_expression),
		cmocka_unit_test(and_and_or_bind_alike_from_left_to_right),
		cmocka_unit_test(lists_are_flat),
		cmocka_unit_test(bare_identifiers_inherit_the_qualifiers_left_of_them),
		cmocka_unit_test(a_parenthesis_hands_on_what_stood_before_it),
		cmocka_unit_test(a_list_of_identifiers_holds_nothing_else),
		cmocka_unit_test(qualifiers_come_in_one_order),
		cmocka_unit_test(addresses_are_read_in_all_their_forms),
		cmocka_unit_test(tokens_are_as_long_as_they_can_be),
		cmocka_unit_test(numbers_follow_c),
		cmocka_unit_test(arithmetic_binds_as_documented_here),
		cmocka_unit_test(parentheses_hold_arithmetic_or_expressions),
		cmocka_unit_test(words_take_their_own_arguments),
		cmocka_unit_test(fields_take_a_relation_or_a_list),
		cmocka_unit_test(errors_point_and_suggest),
		cmocka_unit_test(what_other_languages_write_is_translated),
		cmocka_unit_test(bytes_outside_the_language_are_named),
		cmocka_unit_test(nesting_is_limited),
		cmocka_unit_test(long_lists_are_no_nesting),
		cmocka_unit_test(too_little_memory_is_an_error_everywhere),
		cmocka_unit_test(every_protocol_has_a_word),
		cmocka_unit_test(near_words_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
