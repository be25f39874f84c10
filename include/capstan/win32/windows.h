/* windows.h - the entrance to Capstan's porting kit: types, kernel, C runtime, and Winsock, as windows.h has it, too. */
#ifndef CAPSTAN_WIN32_WINDOWS_H
#define CAPSTAN_WIN32_WINDOWS_H

#include "capstan_types.h"
#include "capstan_kernel.h"
#include "capstan_crt.h"
#include "winsock2.h"

#endif
