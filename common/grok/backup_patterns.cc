// Lines of Bacula, with names of ECS.
#include "common/grok/pattern_library_internal.h"

namespace weir::grok {

namespace {

constexpr NamedPattern kPatterns[] = {
    {"BACULA_CAPACITY",
     R"re([0-9]{1,3}(?:,?[0-9]{3})*)re"},
    {"BACULA_DEVICE",
     R"re(%{USER})re"},
    {"BACULA_DEVICEPATH",
     R"re(%{UNIXPATH})re"},
    {"BACULA_HOST",
     R"re(%{HOSTNAME})re"},
    {"BACULA_JOB",
     R"re(%{USER})re"},
    {"BACULA_LOG",
     R"re(%{BACULA_TIMESTAMP:timestamp} %{BACULA_HOST:host.hostname}(?: JobId %{INT:bacu)re"
     R"re(la.job.id})?:? (?:%{BACULA_LOG_MAX_CAPACITY}|%{BACULA_LOG_END_VOLUME}|%{BACULA)re"
     R"re(_LOG_NEW_VOLUME}|%{BACULA_LOG_NEW_LABEL}|%{BACULA_LOG_WROTE_LABEL}|%{BACULA_LO)re"
     R"re(G_NEW_MOUNT}|%{BACULA_LOG_NOOPEN}|%{BACULA_LOG_NOOPENDIR}|%{BACULA_LOG_NOSTAT})re"
     R"re(|%{BACULA_LOG_NOJOBS}|%{BACULA_LOG_ALL_RECORDS_PRUNED}|%{BACULA_LOG_BEGIN_PRUN)re"
     R"re(E_JOBS}|%{BACULA_LOG_BEGIN_PRUNE_FILES}|%{BACULA_LOG_PRUNED_JOBS}|%{BACULA_LOG)re"
     R"re(_PRUNED_FILES}|%{BACULA_LOG_ENDPRUNE}|%{BACULA_LOG_STARTJOB}|%{BACULA_LOG_STAR)re"
     R"re(TRESTORE}|%{BACULA_LOG_USEDEVICE}|%{BACULA_LOG_DIFF_FS}|%{BACULA_LOG_JOBEND}|%)re"
     R"re({BACULA_LOG_NOPRUNE_JOBS}|%{BACULA_LOG_NOPRUNE_FILES}|%{BACULA_LOG_VOLUME_PREV)re"
     R"re(WRITTEN}|%{BACULA_LOG_READYAPPEND}|%{BACULA_LOG_CANCELLING}|%{BACULA_LOG_MARKC)re"
     R"re(ANCEL}|%{BACULA_LOG_CLIENT_RBJ}|%{BACULA_LOG_VSS}|%{BACULA_LOG_MAXSTART}|%{BAC)re"
     R"re(ULA_LOG_DUPLICATE}|%{BACULA_LOG_NOJOBSTAT}|%{BACULA_LOG_FATAL_CONN}|%{BACULA_L)re"
     R"re(OG_NO_CONNECT}|%{BACULA_LOG_NO_AUTH}|%{BACULA_LOG_NOSUIT}|%{BACULA_LOG_NOPRIOR)re"
     R"re(}|%{BACULA_LOG_JOB}))re"},
    {"BACULA_LOGLINE",
     R"re(%{BACULA_LOG})re"},
    {"BACULA_LOG_ALL_RECORDS_PRUNED",
     R"re(.*?All records pruned from Volume "%{BACULA_VOLUME:bacula.volume.name}"; marki)re"
     R"re(ng it "Purged")re"},
    {"BACULA_LOG_BEGIN_PRUNE_FILES",
     R"re(Begin pruning Files\.)re"},
    {"BACULA_LOG_BEGIN_PRUNE_JOBS",
     R"re(Begin pruning Jobs older than %{INT} months? %{INT} days? ?\.)re"},
    {"BACULA_LOG_CANCELLING",
     R"re(Cancelling duplicate JobId=%{INT:bacula.job.other_id}\.)re"},
    {"BACULA_LOG_CLIENT_RBJ",
     R"re(shell command: run ClientRunBeforeJob "%{GREEDYDATA:bacula.job.client_run_befo)re"
     R"re(re_command}")re"},
    {"BACULA_LOG_DIFF_FS",
     R"re( *%{UNIXPATH} is a different filesystem\. Will not descend from %{UNIXPATH} in)re"
     R"re(to it\.)re"},
    {"BACULA_LOG_DUPLICATE",
     R"re(Fatal [Ee]rror: JobId %{INT:bacula.job.other_id} already running\. Duplicate j)re"
     R"re(ob not allowed\.)re"},
    {"BACULA_LOG_ENDPRUNE",
     R"re(End auto prune\.)re"},
    {"BACULA_LOG_END_VOLUME",
     R"re(End of medium on Volume "%{BACULA_VOLUME:bacula.volume.name}" Bytes=%{BACULA_C)re"
     R"re(APACITY:bacula.volume.bytes} Blocks=%{BACULA_CAPACITY:bacula.volume.blocks} at)re"
     R"re( %{BACULA_TIMESTAMP:bacula.timestamp}\.)re"},
    {"BACULA_LOG_FATAL_CONN",
     R"re(Fatal [Ee]rror: bsock\.c:133 Unable to connect to (?:Client: %{BACULA_HOST:bac)re"
     R"re(ula.client.name}|Storage daemon) on %{IPORHOST:client.address}:%{POSINT:client)re"
     R"re(.port:int}\. ERR=%{GREEDYDATA:error.message})re"},
    {"BACULA_LOG_JOB",
     R"re((?:Error: )?Bacula %{BACULA_HOST} %{BACULA_VERSION} \(%{BACULA_VERSION}\):)re"},
    {"BACULA_LOG_JOBEND",
     R"re(Job write elapsed time = %{DATA:bacula.job.elapsed_time}, Transfer rate = %{NU)re"
     R"re(MBER} [KMG]? ?Bytes/second)re"},
    {"BACULA_LOG_MARKCANCEL",
     R"re(JobId %{INT:bacula.job.id}, Job %{BACULA_JOB:bacula.job.name} marked to be can)re"
     R"re(celed\.)re"},
    {"BACULA_LOG_MAXSTART",
     R"re(Fatal [Ee]rror: Job canceled because max start delay time exceeded\.)re"},
    {"BACULA_LOG_MAX_CAPACITY",
     R"re(User defined maximum volume capacity %{BACULA_CAPACITY:bacula.volume.max_capac)re"
     R"re(ity} exceeded on device "%{BACULA_DEVICE:bacula.volume.device}" \(%{BACULA_DEV)re"
     R"re(ICEPATH:bacula.volume.path}\)\.?)re"},
    {"BACULA_LOG_NEW_LABEL",
     R"re(Labeled new Volume "%{BACULA_VOLUME:bacula.volume.name}" on (?:file )?device ")re"
     R"re(%{BACULA_DEVICE:bacula.volume.device}" \(%{BACULA_DEVICEPATH:bacula.volume.pat)re"
     R"re(h}\)\.)re"},
    {"BACULA_LOG_NEW_MOUNT",
     R"re(New volume "%{BACULA_VOLUME:bacula.volume.name}" mounted on device "%{BACULA_D)re"
     R"re(EVICE:bacula.volume.device}" \(%{BACULA_DEVICEPATH:bacula.volume.path}\) at %{)re"
     R"re(BACULA_TIMESTAMP:bacula.timestamp}\.)re"},
    {"BACULA_LOG_NEW_VOLUME",
     R"re(Created new Volume "%{BACULA_VOLUME:bacula.volume.name}" in catalog\.)re"},
    {"BACULA_LOG_NOJOBS",
     R"re(There are no more Jobs associated with Volume "%{BACULA_VOLUME:bacula.volume.n)re"
     R"re(ame}"\. Marking it purged\.)re"},
    {"BACULA_LOG_NOJOBSTAT",
     R"re(Fatal [Ee]rror: No Job status returned from FD\.)re"},
    {"BACULA_LOG_NOOPEN",
     R"re( *Cannot open %{DATA}: ERR=%{GREEDYDATA:error.message})re"},
    {"BACULA_LOG_NOOPENDIR",
     R"re( *Could not open directory "?%{DATA:file.path}"?: ERR=%{GREEDYDATA:error.messa)re"
     R"re(ge})re"},
    {"BACULA_LOG_NOPRIOR",
     R"re(No prior Full backup Job record found\.)re"},
    {"BACULA_LOG_NOPRUNE_FILES",
     R"re(No Files found to prune\.)re"},
    {"BACULA_LOG_NOPRUNE_JOBS",
     R"re(No Jobs found to prune\.)re"},
    {"BACULA_LOG_NOSTAT",
     R"re( *Could not stat %{DATA:file.path}: ERR=%{GREEDYDATA:error.message})re"},
    {"BACULA_LOG_NOSUIT",
     R"re(No prior or suitable Full backup found in catalog\. Doing FULL backup\.)re"},
    {"BACULA_LOG_NO_AUTH",
     R"re(Fatal [Ee]rror: Unable to authenticate with File daemon at "?%{IPORHOST:client)re"
     R"re(.address}(?::%{POSINT:client.port:int})?"?\. Possible causes:)re"},
    {"BACULA_LOG_NO_CONNECT",
     R"re(Warning: bsock\.c:127 Could not connect to (?:Client: %{BACULA_HOST:bacula.cli)re"
     R"re(ent.name}|Storage daemon) on %{IPORHOST:client.address}:%{POSINT:client.port:i)re"
     R"re(nt}\. ERR=%{GREEDYDATA:error.message})re"},
    {"BACULA_LOG_PRUNED_FILES",
     R"re(Pruned Files from %{INT} Jobs? for client %{BACULA_HOST:bacula.client.name} fr)re"
     R"re(om catalog\.)re"},
    {"BACULA_LOG_PRUNED_JOBS",
     R"re(Pruned %{INT} Jobs? for client %{BACULA_HOST:bacula.client.name} from catalog\)re"
     R"re(.)re"},
    {"BACULA_LOG_READYAPPEND",
     R"re(Ready to append to end of Volume "%{BACULA_VOLUME:bacula.volume.name}" size=%{)re"
     R"re(INT:bacula.volume.size:int})re"},
    {"BACULA_LOG_STARTJOB",
     R"re(Start Backup JobId %{INT}, Job=%{BACULA_JOB:bacula.job.name})re"},
    {"BACULA_LOG_STARTRESTORE",
     R"re(Start Restore Job %{BACULA_JOB:bacula.job.name})re"},
    {"BACULA_LOG_USEDEVICE",
     R"re(Using Device "%{BACULA_DEVICE:bacula.volume.device}")re"},
    {"BACULA_LOG_VOLUME_PREVWRITTEN",
     R"re(Volume "?%{BACULA_VOLUME:bacula.volume.name}"? previously written, moving to e)re"
     R"re(nd of data\.)re"},
    {"BACULA_LOG_VSS",
     R"re((?:Generate )?VSS (?:Writer)?)re"},
    {"BACULA_LOG_WROTE_LABEL",
     R"re(Wrote label to prelabeled Volume "%{BACULA_VOLUME:bacula.volume.name}" on devi)re"
     R"re(ce "%{BACULA_DEVICE:bacula.volume.device}" \(%{BACULA_DEVICEPATH:bacula.volume)re"
     R"re(.path}\))re"},
    {"BACULA_TIMESTAMP",
     R"re(%{MONTHDAY}-%{MONTH}(?:-%{YEAR})? %{HOUR}:%{MINUTE})re"},
    {"BACULA_VERSION",
     R"re(%{USER})re"},
    {"BACULA_VOLUME",
     R"re(%{USER})re"},
};

}  // namespace

std::span<const NamedPattern> BackupPatterns() {
  return kPatterns;
}

}  // namespace weir::grok
