"""Names of what reaches beyond a stage's inputs, or gives another answer each time, in Python and the usual libraries.

A name is dotted, as an import leads to it; `a.*` stands for all that is in `a`.
"""

from __future__ import annotations

import functools
from enum import Enum
from typing import Final, final


@final
class Reach(Enum):
    """How a call reaches beyond a stage's inputs."""

    OPEN = "open"  # a file, by its mode
    READ = "read"
    WRITE = "write"
    NETWORK = "network"
    PROGRAM = "program"
    VARIABLE = "variable"
    CLOCK = "clock"
    UNSEEDED = "unseeded"  # random, whatever is done
    SEEDABLE = "seedable"  # random unless it is given a seed
    GLOBAL = "global"  # random, from a generator that is shared
    STATED = "stated"  # random from the shared generator, unless random_state= is given
    PROCESS = "process"
    HASH = "hash"
    LISTING = "listing"
    WALK = "walk"  # a listing of listings
    OWN = "own"  # a place of the stage's own
    PATH = "path"  # gives a path from texts and paths
    SEEDS = "seeds"  # sets the seed of a library's own generator


def _names(text: str, prefix: str = "") -> tuple[str, ...]:
    return tuple(f"{prefix}{each}" for each in text.split())


_CALLS: Final[dict[Reach, tuple[str, ...]]] = {
    Reach.OPEN: _names("open io.open codecs.open gzip.open bz2.open lzma.open tarfile.open zipfile.ZipFile os.open h5py.File"),
    Reach.READ: (
        *_names(
            "read_csv read_parquet read_json read_excel read_feather read_pickle read_hdf read_table read_fwf read_orc read_stata "
            "read_sas read_spss read_xml",
            "pandas.",
        ),
        *_names(
            "read_csv read_parquet read_json read_ndjson read_excel read_ipc read_avro read_delta scan_csv scan_parquet scan_ndjson "
            "scan_ipc scan_delta",
            "polars.",
        ),
        *_names("load loadtxt genfromtxt fromfile memmap", "numpy."),
        *_names(
            "parquet.read_table parquet.read_schema parquet.read_metadata parquet.ParquetFile csv.read_csv csv.open_csv "
            "json.read_json feather.read_table feather.read_feather orc.read_table dataset.dataset memory_map",
            "pyarrow.",
        ),
        *_names(
            "joblib.load torch.load scipy.io.loadmat scipy.sparse.load_npz PIL.Image.open cv2.imread imageio.imread "
            "imageio.v3.imread matplotlib.image.imread skimage.io.imread skops.io.load sqlite3.connect linecache.getline "
            "linecache.getlines fileinput.input configparser.ConfigParser.read tomllib.load_path dbm.open shelve.open "
            "safetensors.safe_open safetensors.numpy.load_file safetensors.torch.load_file"
        ),
    ),
    Reach.WRITE: (
        *_names("save savez savez_compressed savetxt", "numpy."),
        *_names("remove unlink rename replace makedirs mkdir rmdir removedirs symlink link truncate chmod utime", "os."),
        *_names("copy copyfile copy2 copytree move rmtree", "shutil."),
        *_names("joblib.dump torch.save pyarrow.parquet.write_table pyarrow.csv.write_csv pyarrow.feather.write_feather skops.io.dump"),
        *_names("scipy.sparse.save_npz scipy.io.savemat cv2.imwrite imageio.imwrite matplotlib.pyplot.savefig"),
    ),
    Reach.NETWORK: (
        *_names("urllib.request.urlopen urllib.request.urlretrieve http.client.HTTPConnection http.client.HTTPSConnection"),
        *_names("get post put delete head patch options request Session session", "requests."),
        *_names("get post put delete head patch options request stream Client AsyncClient", "httpx."),
        *_names(
            "aiohttp.ClientSession aiohttp.request urllib3.* ftplib.FTP ftplib.FTP_TLS smtplib.SMTP smtplib.SMTP_SSL imaplib.IMAP4 "
            "socket.create_connection socket.getaddrinfo socket.gethostbyname boto3.client boto3.resource boto3.Session "
            "paramiko.SSHClient websockets.connect psycopg.connect psycopg2.connect pymysql.connect redis.Redis pymongo.MongoClient "
            "openai.* anthropic.* google.cloud.* azure.storage.* huggingface_hub.* datasets.load_dataset nltk.download "
            "kagglehub.* wandb.* mlflow.*"
        ),
        *_names(
            "fetch_openml fetch_california_housing fetch_20newsgroups fetch_covtype fetch_kddcup99 fetch_lfw_pairs fetch_lfw_people "
            "fetch_olivetti_faces fetch_rcv1 fetch_species_distributions",
            "sklearn.datasets.",
        ),
    ),
    Reach.PROGRAM: (
        *_names("run Popen call check_call check_output getoutput getstatusoutput", "subprocess."),
        *_names("system popen execv execve execvp execvpe execl spawnv spawnl posix_spawn startfile", "os."),
        *_names("asyncio.create_subprocess_exec asyncio.create_subprocess_shell pty.spawn"),
    ),
    Reach.VARIABLE: _names("os.getenv os.environ.get os.environb.get os.environ.pop os.environ.setdefault"),
    Reach.CLOCK: (
        *_names("time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns thread_time", "time."),
        *_names("datetime.now datetime.utcnow datetime.today date.today", "datetime."),
        *_names("Timestamp.now Timestamp.utcnow Timestamp.today", "pandas."),
        *_names("pendulum.now arrow.now arrow.utcnow django.utils.timezone.now os.times"),
    ),
    Reach.UNSEEDED: _names("os.urandom secrets.* uuid.uuid1 uuid.uuid4 random.SystemRandom os.getrandom"),
    Reach.SEEDABLE: (
        *_names("default_rng RandomState SeedSequence PCG64 PCG64DXSM MT19937 Philox SFC64", "numpy.random."),
        "random.Random",
    ),
    Reach.GLOBAL: (
        *_names(
            "beta betavariate binomial bytes chisquare choice choices dirichlet expovariate exponential f gamma gammavariate gauss "
            "geometric getrandbits gumbel hypergeometric integers laplace logistic lognormal lognormvariate logseries multinomial "
            "multivariate_normal negative_binomial noncentral_chisquare noncentral_f normal normalvariate pareto paretovariate "
            "permutation poisson power rand randbytes randint randn random random_integers random_sample randrange ranf rayleigh "
            "sample shuffle standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular uniform vonmises "
            "vonmisesvariate wald weibull weibullvariate zipf",
            "numpy.random.",
        ),
    ),
    Reach.STATED: _names(
        "model_selection.train_test_split utils.shuffle utils.resample utils.random.sample_without_replacement", "sklearn."
    ),
    Reach.PROCESS: (
        *_names("id os.getpid os.getppid os.uname os.getlogin os.getuid getpass.getuser socket.gethostname socket.getfqdn"),
        *_names("platform.node platform.uname threading.get_ident threading.get_native_id uuid.getnode"),
    ),
    Reach.HASH: ("hash",),
    Reach.LISTING: _names("os.listdir os.scandir glob.glob glob.iglob"),
    Reach.WALK: _names("os.walk os.fwalk"),
    Reach.OWN: (
        *_names("mkdtemp mkstemp TemporaryDirectory NamedTemporaryFile TemporaryFile SpooledTemporaryFile gettempdir", "tempfile."),
        *_names("os.devnull io.StringIO io.BytesIO"),
    ),
    Reach.PATH: (
        *_names("pathlib.* os.path.* posixpath.* ntpath.* os.fspath os.getcwd os.getcwdb str importlib.resources.*"),
    ),
    Reach.SEEDS: _names("torch.manual_seed torch.random.manual_seed tensorflow.random.set_seed"),
}  # fmt: skip
_SHARED: Final = _CALLS[Reach.GLOBAL]
_TORCH: Final = _names(
    "rand randn randint randperm normal bernoulli multinomial rand_like randn_like", "torch."
)

METHODS: Final[dict[str, Reach]] = {
    **dict.fromkeys(_names("read_text read_bytes"), Reach.READ),
    **dict.fromkeys(
        _names("write_text write_bytes unlink touch mkdir rmdir rename symlink_to hardlink_to savefig"),
        Reach.WRITE,
    ),
    **dict.fromkeys(
        _names(
            "to_csv to_parquet to_pickle to_feather to_excel to_hdf write_csv write_parquet write_ipc write_ndjson tofile"
        ),
        Reach.WRITE,
    ),
    **dict.fromkeys(_names("iterdir rglob glob"), Reach.LISTING),
    "open": Reach.OPEN,
}
"""Methods that are told by their names, whatever the object; those of paths, of frames and of arrays."""

OWN_PLACE_METHODS: Final = frozenset(
    _names(
        "read_text read_bytes write_text write_bytes unlink touch mkdir rmdir rename symlink_to hardlink_to open iterdir rglob glob"
    )
)
"""Methods of what is itself the place; of the others the first argument is the place."""

SORTING: Final = frozenset(
    _names(
        "sorted len min max any all sum set frozenset Counter fsum unique sort sort_values sort_index sort_by value_counts nunique "
        "n_unique mean median std var prod count is_empty issubset issuperset isdisjoint isin is_in lexsort argsort "
        "Counter.most_common nsmallest nlargest allclose"
    )
)
"""What gives the same whatever the order of what it is given; the last part of their names."""

ITERATING: Final = frozenset(
    _names(
        "list tuple enumerate zip iter next map filter join array asarray fromiter Series DataFrame Index Categorical dumps chain "
        "concat concatenate stack vstack hstack from_iterable reversed islice reduce deque OrderedDict from_pylist from_pydict table "
        "LazyFrame Float64 pairwise product permutations combinations accumulate"
    )
)
"""What runs over what it is given, in its order."""

COLLECTING: Final = frozenset(
    _names("append extend insert appendleft extendleft write writelines writerow writerows put send")
)
"""Methods that keep the order in which they are called."""

_EXACT: Final = {name: reach for reach, names in _CALLS.items() for name in names if not name.endswith(".*")}
_BELOW: Final = tuple(
    (name.removesuffix("*"), reach)
    for reach, names in _CALLS.items()
    for name in names
    if name.endswith(".*")
)


@functools.cache
def reach_of(dotted: str) -> Reach | None:
    """Say how a call of something installed, or of a builtin, reaches beyond a stage's inputs; None where it doesn't."""
    found = _EXACT.get(dotted)
    if found is not None:
        return found
    if dotted.startswith("random.") and f"numpy.{dotted}" in _SHARED:
        return Reach.GLOBAL
    if dotted in _TORCH:
        return Reach.GLOBAL
    return next((reach for below, reach in _BELOW if dotted.startswith(below)), None)


WORDS: Final = frozenset(
    {name.rpartition(".")[2] for name in _EXACT}
    | {part for below, _ in _BELOW for part in below.rstrip(".").split(".")[-1:]}
    | {name.rpartition(".")[2] for name in _TORCH}
    | METHODS.keys()
    | {
        "environ",
        "environb",
        "set",
        "frozenset",
        "union",
        "intersection",
        "difference",
        "symmetric_difference",
        "fromkeys",
    }
) - {"str", "run", "f", "power", "get", "call", "copy"} | {"requests", "httpx", "subprocess"}
"""Words without which a function's code names none of these."""
