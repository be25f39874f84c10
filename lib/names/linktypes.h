/* linktypes.h - link types as the API returns them (dlt) and as a file stores them (linktype). */
#ifndef CST_NAMES_LINKTYPES_H
#define CST_NAMES_LINKTYPES_H

/* The LINKTYPE_ value that a savefile stores for `dlt`; -1 if it cannot be stored. */
int cst_linktype_from_dlt(int dlt);

/* The DLT_ value for what a savefile stores. An unknown `linktype` is passed through. */
int cst_dlt_from_linktype(int linktype);

/* The snaplen, in bytes, of a capture of `dlt` that names none (or a negative one). */
int cst_linktype_max_snaplen(int dlt);

#endif
