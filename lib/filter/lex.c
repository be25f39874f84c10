/* lex.c - text to tokens. Where several readings of the same place are possible the longest wins, and among equally
 * long ones the earlier of: IPv6 address, MAC address, number, dotted number, reserved word, name. */
#include "filter/lex.h"

#include "filter/words.h"

#include <string.h>

/* Bytes as the language sees them, whatever the locale. */
enum { DIGIT = 1, HEX = 2, ALNUM = 4, INNER = 8 /* of a word, behind its first */, BLANK = 16 };

static const uint8_t classes[256] = {
	['0' ... '9'] = DIGIT | HEX | ALNUM | INNER,
	['a' ... 'f'] = HEX | ALNUM | INNER,
	['g' ... 'z'] = ALNUM | INNER,
	['A' ... 'F'] = HEX | ALNUM | INNER,
	['G' ... 'Z'] = ALNUM | INNER,
	['-'] = INNER,
	['.'] = INNER,
	['_'] = INNER,
	[' '] = BLANK,
	['\t'] = BLANK,
	['\r'] = BLANK,
	['\n'] = BLANK,
};

static bool is_of(char c, uint8_t class)
{
	return classes[(unsigned char)c] & class;
}

static bool is_digit(char c)
{
	return is_of(c, DIGIT);
}

static bool is_hex(char c)
{
	return is_of(c, HEX);
}

static bool is_alnum(char c)
{
	return is_of(c, ALNUM);
}

static bool is_blank(char c)
{
	return is_of(c, BLANK);
}

/* The length of the word at `text`, 0 for none: letters, digits, and behind the first also - . _, of which - and _
 * don't end it. */
static uint32_t word_length(const char *text)
{
	if (!is_alnum(*text))
		return 0;
	uint32_t length = 1;
	while (is_of(text[length], INNER))
		length++;
	while (text[length - 1] == '-' || text[length - 1] == '_')
		length--;
	return length;
}

static uint32_t hex_run(const char *text, uint32_t most)
{
	uint32_t length = 0;
	while (length < most && is_hex(text[length]))
		length++;
	return length;
}

/* `count` groups of hex digits, each `least` to `most` long, with `separator` between them; 0 if they aren't there. */
static uint32_t grouped_hex(const char *text, unsigned count, uint32_t least, uint32_t most, char separator)
{
	uint32_t at = 0;
	for (unsigned i = 0; i < count; i++) {
		if (i > 0 && text[at++] != separator)
			return 0;
		uint32_t digits = hex_run(text + at, most);
		if (digits < least)
			return 0;
		at += digits;
	}
	return at;
}

/* The length of the MAC address at `text`, 0 for none. */
static uint32_t mac_length(const char *text)
{
	uint32_t first = hex_run(text, 12), length = 0;
	char separator = text[first];
	if (separator == ':' || separator == '-' || separator == '.')
		length = grouped_hex(text, 6, 1, 2, separator);
	if (length == 0 && separator == '.')
		length = grouped_hex(text, 3, 4, 4, separator);
	if (length == 0 && first == 12)
		length = first;
	return length;
}

static uint32_t digit_run(const char *text)
{
	uint32_t length = 0;
	while (is_digit(text[length]))
		length++;
	return length;
}

/* 2 to 4 numbers with dots, the longest there is; sets `parts`. 0: not even two. */
static uint32_t dotted_length(const char *text, unsigned *parts)
{
	uint32_t length = digit_run(text);
	*parts = length > 0;
	while (*parts > 0 && *parts < 4 && text[length] == '.' && is_digit(text[length + 1])) {
		length += 1 + digit_run(text + length + 1);
		++*parts;
	}
	return *parts >= 2 ? length : 0;
}

/* The length of the longest IPv6 address (RFC 4291, section 2.2) at the beginning of `text`, 0 for none: eight groups
 * of up to four hex digits, of which one run may be written `::`, and the last two as an IPv4 address. */
static uint32_t ipv6_length(const char *text)
{
	uint32_t at = 0, longest = 0;
	unsigned groups = 0;
	bool gap = false;
	if (text[0] == ':') {
		if (text[1] != ':')
			return 0;
		gap = true;
		at = longest = 2;
	}
	while (groups < 8) {
		unsigned parts;
		uint32_t dotted = dotted_length(text + at, &parts);
		if (parts == 4 && (gap ? groups <= 5 : groups == 6))
			return at + dotted;
		uint32_t digits = hex_run(text + at, 4);
		if (digits == 0)
			break;
		at += digits;
		groups++;
		if (gap ? groups <= 7 : groups == 8)
			longest = at;
		if (text[at] != ':')
			break;
		at++;
		if (text[at] == ':') {
			if (gap || groups > 7)
				break;
			gap = true;
			at++;
			longest = at;
		}
	}
	return longest;
}

static unsigned digit_value(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	return (unsigned)((c | 0x20) - 'a') + 10;
}

/* Is all of the word a number: digits, or 0x and hex digits? */
static bool is_number(const char *text, uint32_t length)
{
	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return hex_run(text + 2, length - 2) == length - 2;
	return digit_run(text) >= length;
}

/* The value of a number; a leading 0 makes it octal, 0x hexadecimal, as in C. */
static bool read_number(struct cst_lexer *lexer, struct cst_token *token)
{
	const char *text = lexer->text + token->at.start;
	uint32_t length = token->at.length, at = 0;
	unsigned base = 10;
	if (length > 1 && text[0] == '0') {
		base = is_digit(text[1]) ? 8 : 16;
		at = base == 8 ? 1 : 2;
	}
	uint64_t number = 0;
	for (; at < length; at++) {
		unsigned digit = digit_value(text[at]);
		if (digit >= base) {
			cst_diagnose(lexer->diagnosis, token->at,
				     "'%.*s' is no number: the 0 that it begins with makes it octal, which has no '%c'",
				     (int)(length < 40 ? length : 40), text, text[at]);
			return false;
		}
		number = number * base + digit;
		if (number > UINT32_MAX) {
			cst_diagnose(lexer->diagnosis, token->at, "the number '%.*s%s' does not fit in 32 bits",
				     (int)(length < 40 ? length : 40), text, length < 40 ? "" : "...");
			return false;
		}
	}
	token->number = (uint32_t)number;
	return true;
}

/* Hex digits with two colons among them can be nothing but an address: where `token` ends before one of these, it
 * breaks off too early or goes on too long. */
static bool is_whole_address(struct cst_lexer *lexer, const struct cst_token *token)
{
	const char *text = lexer->text + token->at.start;
	uint32_t length = 0, last = 0;
	unsigned colons = 0;

	for (; is_hex(text[length]) || text[length] == ':'; length++) {
		if (text[length] == ':') {
			colons++;
			last = length;
		}
	}
	if (colons < 2 || last < token->at.length)
		return true;
	cst_diagnose(lexer->diagnosis, token->at,
		     "'%.*s%s' is no address: a MAC address has six groups of one or two hex digits, an IPv6 address "
		     "eight of up to four or '::'",
		     (int)(length < 60 ? length : 60), text, length < 60 ? "" : "...");
	return false;
}

/* What is neither a number nor an address. */
static void lex_name(const char *text, struct cst_token *token)
{
	const struct cst_word *word = cst_word_find(text, token->at.length);
	token->kind = TOKEN_NAME;
	if (!word)
		return;
	token->kind = word->kind;
	token->value = word->value;
	token->number = word->kind == TOKEN_NUMBER ? (uint32_t)word->value : 0;
}

/* What begins with a hex digit may be an address, too. */
static bool lex_hex(struct cst_lexer *lexer, struct cst_token *token)
{
	const char *text = lexer->text + lexer->next;
	uint32_t length = token->at.length;
	/* Only what stands behind the hex digits, or their number, can tell an address apart. */
	uint32_t digits = hex_run(text, 12);
	char behind = text[digits];
	bool may_be_mac = digits == 12 || (digits <= 4 && (behind == ':' || behind == '-' || behind == '.'));
	uint32_t mac = may_be_mac ? mac_length(text) : 0;
	/* A MAC address that nothing continues is too short for an IPv6 one, and has no `::`. */
	bool may_be_ipv6 = behind == ':' && (mac == 0 || text[mac] == ':' || is_hex(text[mac]));
	uint32_t ipv6 = may_be_ipv6 ? ipv6_length(text) : 0;
	unsigned parts;

	if (ipv6 >= length && ipv6 > mac) {
		token->kind = TOKEN_IPV6;
		token->at.length = ipv6;
	} else if (mac >= length) {
		token->kind = TOKEN_MAC;
		token->at.length = mac;
	}
	if ((digits == 12 || behind == ':') && !is_whole_address(lexer, token))
		return false;
	if (token->kind != TOKEN_END)
		return true;
	if (is_number(text, length)) {
		token->kind = TOKEN_NUMBER;
		return read_number(lexer, token);
	}
	if (dotted_length(text, &parts) == length)
		token->kind = TOKEN_DOTTED;
	else
		lex_name(text, token);
	return true;
}

/* A word, a number or an address: everything that begins with a letter or a digit. */
static bool lex_word(struct cst_lexer *lexer, struct cst_token *token)
{
	const char *text = lexer->text + lexer->next;
	token->at.length = word_length(text);
	if (is_hex(*text))
		return lex_hex(lexer, token);
	lex_name(text, token);
	return true;
}

/* Backslash and a word: a name, though it may look like something else. Only blanks, parentheses and ! end it. */
static bool lex_escaped(struct cst_lexer *lexer, struct cst_token *token)
{
	const char *word = lexer->text + lexer->next + 1;
	size_t length = strcspn(word, " !()\n\t");
	if (length == 0) {
		cst_diagnose(lexer->diagnosis, token->at, "expected a name right after '\\'");
		return false;
	}
	token->kind = TOKEN_NAME;
	token->at.length = (uint32_t)length + 1;
	return true;
}

/* Longer ones before those that they begin with; else the more common ones first. */
static const struct {
	char text[3];
	enum cst_token_kind kind;
	int value;
} signs[] = {
	{ "(", TOKEN_OPEN, 0 },		 { ")", TOKEN_CLOSE, 0 },	   { "[", TOKEN_OPEN_BRACKET, 0 },
	{ "]", TOKEN_CLOSE_BRACKET, 0 }, { "/", TOKEN_OPERATOR, OP_DIV },  { "==", TOKEN_RELATION, REL_EQ },
	{ "=", TOKEN_RELATION, REL_EQ }, { "!=", TOKEN_RELATION, REL_NE }, { "!", TOKEN_NOT, 0 },
	{ "&&", TOKEN_AND, 0 },		 { "&", TOKEN_OPERATOR, OP_AND },  { "||", TOKEN_OR, 0 },
	{ "|", TOKEN_OPERATOR, OP_OR },	 { ">=", TOKEN_RELATION, REL_GE }, { ">>", TOKEN_OPERATOR, OP_RSH },
	{ ">", TOKEN_RELATION, REL_GT }, { "<=", TOKEN_RELATION, REL_LE }, { "<<", TOKEN_OPERATOR, OP_LSH },
	{ "<", TOKEN_RELATION, REL_LT }, { ":", TOKEN_COLON, 0 },	   { "-", TOKEN_OPERATOR, OP_SUB },
	{ "+", TOKEN_OPERATOR, OP_ADD }, { "*", TOKEN_OPERATOR, OP_MUL },  { "%", TOKEN_OPERATOR, OP_MOD },
	{ "^", TOKEN_OPERATOR, OP_XOR },
};

static bool lex_sign(struct cst_lexer *lexer, struct cst_token *token)
{
	const char *text = lexer->text + lexer->next;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (*text != signs[i].text[0] || (signs[i].text[1] && text[1] != signs[i].text[1]))
			continue;
		token->kind = signs[i].kind;
		token->value = signs[i].value;
		token->at.length = signs[i].text[1] ? 2 : 1;
		return true;
	}
	unsigned char byte = (unsigned char)*text;
	if (byte == ',')
		cst_diagnose(lexer->diagnosis, token->at,
			     "',' means nothing in a filter expression: expected 'or' between the parts of a list");
	else if (byte > ' ' && byte < 0x7f)
		cst_diagnose(lexer->diagnosis, token->at, "'%c' means nothing in a filter expression", byte);
	else
		cst_diagnose(lexer->diagnosis, token->at, "the byte 0x%02x can't be part of a filter expression", byte);
	return false;
}

bool cst_lex(struct cst_lexer *lexer, struct cst_token *token)
{
	const char *text = lexer->text + lexer->next;
	while (is_blank(*text))
		text++;
	lexer->next = (uint32_t)(text - lexer->text);
	*token = (struct cst_token){ .kind = TOKEN_END, .at = { lexer->next, 1 } };

	bool ok = true;
	if (*text == '\0') {
		token->at.length = 0;
	} else if (is_alnum(*text)) {
		ok = lex_word(lexer, token);
	} else if (*text == '\\') {
		ok = lex_escaped(lexer, token);
	} else if (*text == '$' && is_hex(text[1])) {
		token->kind = TOKEN_ARCNET;
		token->at.length = 1 + hex_run(text + 1, 2);
	} else if (*text == ':' && text[1] == ':') {
		token->kind = TOKEN_IPV6;
		token->at.length = ipv6_length(text);
	} else {
		ok = lex_sign(lexer, token);
	}
	lexer->next += token->at.length;
	return ok;
}
