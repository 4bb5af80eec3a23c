/* The commands. Each gets its own part of the command line (argv[0] is "kith run", say) and returns the exit code, with
 * all that there is to say said.
 */
#ifndef KITH_LAUNCH_COMMAND_H
#define KITH_LAUNCH_COMMAND_H

int command_run(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_init(int argc, char **argv);
int command_show(int argc, char **argv);
int command_info(int argc, char **argv);
int command_graph(int argc, char **argv);
int command_report(int argc, char **argv);
int command_plot(int argc, char **argv);
int command_landscape(int argc, char **argv);
int command_export(int argc, char **argv);
int command_list(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_watch(int argc, char **argv);
int command_note(int argc, char **argv);
int command_join(int argc, char **argv);
int command_rm(int argc, char **argv);
int command_new(int argc, char **argv);
int command_check(int argc, char **argv);

#endif
