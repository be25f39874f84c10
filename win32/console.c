/* console.c - keys from the terminal as they are pressed. While it gives them, a terminal is in a mode that would be a
 * nuisance to the shell, so that every way out of the process puts it back. */
#include "kit.h"
#include "conio.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool raw; /* `usual` is what to go back to */
static struct termios usual;

static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };

/* Nobody else handles the signal: put the terminal back, then let it do what it does. */
static void restore_and_obey(int signal_number)
{
	if (atomic_exchange(&raw, false))
		tcsetattr(STDIN_FILENO, TCSANOW, &usual);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void handle_signals(void)
{
	for (size_t at = 0; at < _countof(deadly); at++) {
		struct sigaction now, ours = { .sa_handler = restore_and_obey };

		if (sigaction(deadly[at], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			sigaction(deadly[at], &ours, NULL);
	}
}

static void leave_signals(void)
{
	for (size_t at = 0; at < _countof(deadly); at++) {
		struct sigaction now;

		if (sigaction(deadly[at], NULL, &now) == 0 && now.sa_handler == restore_and_obey)
			signal(deadly[at], SIG_DFL);
	}
}

void cst_kit_terminal_restore(void)
{
	pthread_mutex_lock(&mutex);
	if (atomic_exchange(&raw, false)) {
		tcsetattr(STDIN_FILENO, TCSANOW, &usual);
		leave_signals();
	}
	pthread_mutex_unlock(&mutex);
}

static void restore_at_exit(void)
{
	if (atomic_exchange(&raw, false))
		tcsetattr(STDIN_FILENO, TCSANOW, &usual);
}

static bool go_raw(void)
{
	static bool registered;
	struct termios mode;

	if (tcgetattr(STDIN_FILENO, &mode) < 0)
		return false;
	if (!registered)
		registered = atexit(restore_at_exit) == 0;
	usual = mode;
	/* No lines, no echo, Enter as '\r'; Ctrl-C stays what it is. */
	mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	mode.c_iflag &= ~(tcflag_t)(ICRNL | INLCR);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	handle_signals();
	atomic_store(&raw, true);
	tcsetattr(STDIN_FILENO, TCSANOW, &mode);
	return true;
}

/* True if standard input is a terminal, and ours to set: a job in the background would be stopped. */
static bool terminal_raw(void)
{
	pthread_mutex_lock(&mutex);
	bool is_raw = atomic_load(&raw) ||
		      (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() && go_raw());
	pthread_mutex_unlock(&mutex);
	return is_raw;
}

/* Bytes that stdio has read and not yet given away. */
static bool stdin_holds_some(void)
{
#ifdef __GLIBC__
	return stdin->_IO_read_ptr < stdin->_IO_read_end;
#else
	return false;
#endif
}

int _kbhit(void)
{
	int waiting = 0;

	fflush(stdout);
	if (!terminal_raw() && stdin_holds_some())
		return 1;
	/* Not poll(): the end of a file, and /dev/null, are readable, too. */
	return ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting > 0;
}

int _getch(void)
{
	unsigned char key;
	ssize_t got = -1;

	fflush(stdout);
	while (terminal_raw()) {
		got = read(STDIN_FILENO, &key, 1);
		if (got >= 0 || errno != EINTR) {
			cst_kit_terminal_restore();
			return got == 1 ? key : EOF;
		}
	}
	return getchar();
}

int _getche(void)
{
	int key = _getch();

	if (key != EOF)
		putchar(key);
	fflush(stdout);
	return key;
}
