
/* The version of the module and of erpsyncctl. */


#ifndef ERPSYNC_VERSION_H
#define ERPSYNC_VERSION_H


#define ERPSYNC_VERSION  "1.0.9"


#endif /* ERPSYNC_VERSION_H */
