/* capstan_types.h - Windows' names for types and constants, with Windows' sizes: DWORD, ULONG and u_long have 32 bits
 * here as there. Also what MSVC's own words (__int64, __declspec, ...) mean to gcc and clang. */
#ifndef CAPSTAN_WIN32_TYPES_H
#define CAPSTAN_WIN32_TYPES_H

#if defined(UNICODE) || defined(_UNICODE)
#error "Capstan's porting kit has the char variants (..A) of Windows' functions only; build without UNICODE, or with winegcc"
#endif

/* Programs count on what windows.h brings along there. <cstdio> would take back the kit's printf, if it came later. */
#ifdef __cplusplus
#include <cstdio>
#include <cstdlib>
#include <cstring>
#endif
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <pcap/pcap-inttypes.h> /* u_char, u_short, u_int whatever the standard asked for */

/* A u_long is 32 bits wide on Windows. Programs store through pointers to it into such fields, an IPv4 address for one;
 * with Linux' 64 bits that would write past their end. Not for the rest of libc, which has been included above. */
typedef unsigned int capstan_u_long;
#define u_long capstan_u_long

#ifndef VOID
#define VOID void
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

/* There is one calling convention. */
#define WINAPI
#define WINAPIV
#define APIENTRY
#define CALLBACK
#define __cdecl
#define _cdecl
#define __stdcall
#define _stdcall
#define __fastcall

#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long
#define _int64 long long
#define __forceinline __inline__ __attribute__((always_inline))
#ifndef __inline
#define __inline __inline__
#endif
#define _inline __inline__

/* What __declspec() may say in sources that are meant for more than MSVC; anything else does not compile. */
#ifndef __declspec
#define __declspec(what) CAPSTAN_DECLSPEC_##what
#endif
#define CAPSTAN_DECLSPEC_align(bytes) __attribute__((aligned(bytes)))
#define CAPSTAN_DECLSPEC_deprecated __attribute__((deprecated))
#define CAPSTAN_DECLSPEC_dllexport __attribute__((visibility("default")))
#define CAPSTAN_DECLSPEC_dllimport
#define CAPSTAN_DECLSPEC_noinline __attribute__((noinline))
#define CAPSTAN_DECLSPEC_noreturn __attribute__((noreturn))
#define CAPSTAN_DECLSPEC_thread __thread

typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BOOLEAN, *PBOOLEAN;
typedef char CHAR, *PCHAR, *LPSTR, *PSTR;
typedef const char *LPCSTR, *PCSTR;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned char UCHAR, *PUCHAR;
typedef short SHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT;
typedef int LONG, *PLONG, *LPLONG;
typedef unsigned int ULONG, *PULONG;
typedef unsigned int DWORD, *PDWORD, *LPDWORD;
typedef float FLOAT;
typedef int32_t INT32, LONG32;
typedef uint32_t UINT32, ULONG32, DWORD32;
typedef int16_t INT16;
typedef uint16_t UINT16;
typedef int8_t INT8;
typedef uint8_t UINT8;
typedef long long LONGLONG, *PLONGLONG, INT64, LONG64;
typedef unsigned long long ULONGLONG, *PULONGLONG, DWORDLONG, UINT64, ULONG64, DWORD64;
typedef intptr_t INT_PTR, LONG_PTR;
typedef uintptr_t UINT_PTR, ULONG_PTR, DWORD_PTR;
typedef size_t SIZE_T;
typedef ssize_t SSIZE_T;
typedef void *PVOID, *LPVOID;
typedef const void *LPCVOID;
typedef wchar_t WCHAR, *PWCHAR, *LPWSTR; /* 32 bits on Linux */
typedef const wchar_t *LPCWSTR;
typedef void *HANDLE, **PHANDLE;
typedef void *HMODULE;
typedef void *HINSTANCE;
typedef int errno_t;
typedef size_t rsize_t;
typedef long long __time64_t;

typedef char TCHAR, *PTCHAR, *LPTSTR, *PTSTR;
typedef const char *LPCTSTR, *PCTSTR;
#ifndef TEXT
#define TEXT(text) text
#endif

#ifndef INVALID_HANDLE_VALUE
#define INVALID_HANDLE_VALUE ((void *)(intptr_t)-1)
#endif

/* A 64-bit number and its halves. */
typedef union capstan_large_integer {
	__extension__ struct {
		DWORD LowPart;
		LONG HighPart;
	};
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union capstan_ularge_integer {
	__extension__ struct {
		DWORD LowPart;
		DWORD HighPart;
	};
	struct {
		DWORD LowPart;
		DWORD HighPart;
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

#define MAX_PATH 260
#define _MAX_PATH 260
#define _MAX_FNAME 256
#define _MAX_EXT 256

#define MAKEWORD(low, high) ((WORD)(((BYTE)(low)) | ((WORD)((BYTE)(high)) << 8)))
#define MAKELONG(low, high) ((LONG)(((WORD)(low)) | ((DWORD)((WORD)(high)) << 16)))
#define LOBYTE(word) ((BYTE)((word) & 0xff))
#define HIBYTE(word) ((BYTE)(((word) >> 8) & 0xff))
#define LOWORD(dword) ((WORD)((dword) & 0xffff))
#define HIWORD(dword) ((WORD)(((dword) >> 16) & 0xffff))

#define ZeroMemory(to, bytes) memset((to), 0, (bytes))
#define FillMemory(to, bytes, byte) memset((to), (byte), (bytes))
#define CopyMemory(to, from, bytes) memcpy((to), (from), (bytes))
#define MoveMemory(to, from, bytes) memmove((to), (from), (bytes))

#ifndef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(name) (void)(name)
#endif

/* As windows.h does it; in C++ they would break the standard library. */
#if !defined(NOMINMAX) && !defined(__cplusplus)
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif

#endif
