//! The stable codes of diagnostics.

/// Defines the codes: variant, number, one line that says what it is about. A code without its text in `explain/` does not
/// compile.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $title:literal;)*) => {
        /// What a diagnostic is about. Its number never changes and is never given to something else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// All codes, by number.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// As messages print it: `E012`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => $id,)* }
            }

            /// What it is about, in one line.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// What it means, how it comes about and how to mend it: Markdown, with an example of the mistake and the
            /// same example mended.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("explain/", $id, ".md")),)* }
            }

            /// The code that `id` names, in capital or small letters.
            #[must_use]
            pub fn named(id: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
            }
        }
    };
}

codes! {
    Syntax = "E001", "The file is not YAML as a flow needs it";
    DuplicateKey = "E002", "A key stands twice in one mapping";
    TooLarge = "E003", "The file is larger or deeper than a flow may be";
    MissingEnvironment = "E004", "An environment variable that the flow names is not set";
    LanguageVersion = "E005", "The language version is missing or not known";
    UnknownField = "E006", "A field that the thing does not have";
    MissingField = "E007", "A required field is missing";
    WrongKind = "E008", "A value of the wrong kind, such as text for a number";
    WrongValue = "E009", "A value of the right kind that is not allowed";
    BadName = "E010", "A name with characters that names cannot have";
    UnknownNodeType = "E011", "A node type that does not exist";
    UnknownNode = "E012", "A wire from a node that does not exist";
    UnknownOutput = "E013", "A wire from an output that the node does not have";
    Cycle = "E014", "Wires that lead back to where they started";
    WiringNotAllowed = "E015", "A node without the wire it needs, or with one it cannot take";
    UnknownBroker = "E016", "A broker that the flow does not define";
    BadBroker = "E017", "A broker address that cannot be read";
    UnknownUnit = "E018", "A unit that is not known";
    UnitMismatch = "E019", "Units of different dimensions where one is due";
    FormulaSyntax = "E020", "A formula that cannot be read";
    UnknownRecordField = "E021", "A record field that does not exist at this place";
    FormulaType = "E022", "A formula that mixes kinds of values, such as text and numbers";
    UnknownFunction = "E023", "A function that does not exist, or with other arguments";
    FieldTaken = "E024", "A field that the record already has";
    MergeConflict = "E025", "Inputs whose fields of one name do not fit each other";
    BadTopic = "E026", "A topic or topic filter that MQTT does not allow";
    Script = "E027", "A script that cannot be compiled";
    File = "E028", "A file that cannot be read";
    Model = "E029", "A model that does not fit the flow";
    ResourceTaken = "E030", "Two nodes that claim the same thing, such as one file";
    Template = "E031", "A template or constant that does not exist or is used wrongly";
    Include = "E032", "An included file that cannot be used";
    NodeFile = "E033", "A node type file (.rhai) whose header is wrong";
    Test = "E034", "A test that does not fit the flow";
    TestFailed = "E035", "A test that failed";
    UnusedNode = "W001", "A node whose records go nowhere";
    RangeExceeded = "W002", "A range that the data exceeds";
    UnusedOutput = "W003", "An output that goes nowhere";
    RetainedCommand = "W004", "A retained command topic";
    UnusedDefinition = "W005", "A template or constant that nothing uses";
    BrokerUnreachable = "W006", "A broker that cannot be reached";
}
