/* conio.h - keys without waiting for Enter. They are read from standard input: if that is a terminal, unbuffered and
 * without echo, and the terminal is put back when a key has been got, at exit and when a signal ends the process; if it
 * is not, its bytes are the keys. Keys that are no characters are what the terminal sends for them. */
#ifndef CAPSTAN_WIN32_CONIO_H
#define CAPSTAN_WIN32_CONIO_H

#include "capstan_types.h"
#include "capstan_crt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Non-zero if a key waits. From here on until _getch(), or until one of the kit's functions reads standard input, the
 * terminal does not echo. */
int _kbhit(void);

/* The next key (Enter is '\r' on a terminal); EOF at the end of the input. _getche() shows it. */
int _getch(void);
int _getche(void);

#ifdef __cplusplus
}
#endif

#ifndef kbhit
#define kbhit _kbhit
#endif
#ifndef getch
#define getch _getch
#endif
#ifndef getche
#define getche _getche
#endif

#endif
