static const int evtcp_placeholder_unused = 0; const int *evtcp_placeholder(void); const int *evtcp_placeholder(void){return &evtcp_placeholder_unused;}
