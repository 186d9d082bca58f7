/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_FILES_MEDIA_TYPE_H
#define EVTCPD_FILES_MEDIA_TYPE_H

/* media_type_of: the media type (RFC 9110 8.3.1) of a file by what its name ends with, in any case;
 * application/octet-stream for what is not known. Text is taken to be in UTF-8. */
const char *media_type_of(const char *path);

#endif
