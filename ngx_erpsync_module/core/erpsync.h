
/* The core as one header: what the nginx glue and the tools include. */


#ifndef ERPSYNC_H
#define ERPSYNC_H


#include "erpsync_forward.h"
#include "erpsync_gate.h"
#include "erpsync_metrics.h"
#include "erpsync_refusal.h"
#include "erpsync_tenant.h"
#include "erpsync_violation.h"


#endif /* ERPSYNC_H */
