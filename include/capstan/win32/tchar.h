/* tchar.h - names that mean char or wide character functions on Windows; the char ones here (see UNICODE in
 * capstan_types.h). */
#ifndef CAPSTAN_WIN32_TCHAR_H
#define CAPSTAN_WIN32_TCHAR_H

#include "windows.h"

typedef char _TCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef char _TXCHAR;
typedef int _TINT;

#define _T(text) text
#define _TEXT(text) text
#define __T(text) text
#define _TEOF EOF

#define _tmain main
#define _tsystem system
#define _tgetenv getenv

#define _tcslen strlen
#define _tcsnlen strnlen
#define _tcscpy strcpy
#define _tcscpy_s strcpy_s
#define _tcsncpy strncpy
#define _tcsncpy_s strncpy_s
#define _tcscat strcat
#define _tcscat_s strcat_s
#define _tcsncat strncat
#define _tcsncat_s strncat_s
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp _stricmp
#define _tcsnicmp _strnicmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcsspn strspn
#define _tcscspn strcspn
#define _tcspbrk strpbrk
#define _tcstok strtok
#define _tcstok_s strtok_s
#define _tcsdup _strdup
#define _tcserror strerror
#define _tcserror_s strerror_s
#define _tcsftime strftime

#define _ttoi atoi
#define _tstoi atoi
#define _ttol atol
#define _ttoi64 _atoi64
#define _tstof atof
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstod strtod
#define _tcstoi64 _strtoi64
#define _tcstoui64 _strtoui64

#define _istalpha isalpha
#define _istdigit isdigit
#define _istalnum isalnum
#define _istspace isspace
#define _istxdigit isxdigit
#define _istprint isprint
#define _totupper toupper
#define _totlower tolower

#define _tprintf printf
#define _tprintf_s printf_s
#define _ftprintf fprintf
#define _ftprintf_s fprintf_s
#define _stprintf sprintf
#define _stprintf_s sprintf_s
#define _sntprintf _snprintf
#define _sntprintf_s _snprintf_s
#define _vtprintf vprintf
#define _vftprintf vfprintf
#define _vstprintf vsprintf
#define _vstprintf_s vsprintf_s
#define _vsntprintf _vsnprintf
#define _vsntprintf_s _vsnprintf_s
#define _tscanf scanf
#define _tscanf_s scanf_s
#define _ftscanf fscanf
#define _ftscanf_s fscanf_s
#define _stscanf sscanf
#define _stscanf_s sscanf_s

#define _tfopen fopen
#define _tfopen_s fopen_s
#define _tfreopen_s freopen_s
#define _tpopen _popen
#define _tperror perror
#define _tremove remove
#define _trename rename
#define _fgettc fgetc
#define _fputtc fputc
#define _fgetts fgets
#define _fputts fputs
#define _gettchar getchar
#define _puttchar putchar
#define _getts_s gets_s
#define _putts puts

#endif
