//! Reads the core's own source: its tables, its types, and what it says of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Fields, Ident, Item, Lit, LitStr, Token, Visibility, braced};

use super::model::*;

/// Types of which the core has two of one name, and what bindings call them.
const RENAMED: &[(&str, &str, &str)] = &[
    ("report/warning.rs", "Warning", "ReviewWarning"),
    ("user/account.rs", "Warning", "LoginWarning"),
    ("report/compare.rs", "Change", "DifferenceKind"),
    ("questions.rs", "Person", "Person"),
];

/// Where a type is declared.
struct Declared {
    file: String,
    item: Declaration,
}

enum Declaration {
    Struct(syn::ItemStruct),
    Enum(syn::ItemEnum),
    Words(syn::ItemEnum),
}

/// One file of the core.
struct Source {
    name: String,
    items: Vec<Item>,
}

/// Everything that the core declares, before its types are resolved.
#[derive(Default)]
struct Core {
    declared: BTreeMap<String, Vec<Declared>>,
    /// The paths of each file's `use` items, as text.
    uses: BTreeMap<String, String>,
    /// What each `const fn` without arguments gives, where that is a number.
    numbers: BTreeMap<String, u64>,
    /// The documentation and the answers of the directory's methods.
    methods: BTreeMap<String, (String, String, syn::Type)>,
    commands: Vec<CommandLine>,
    questions: Vec<QuestionLine>,
    events: Vec<(String, EventLine)>,
    codes: Vec<(String, String)>,
}

/// Reads the core, whose `src` folder this is.
pub(crate) fn read(folder: &Path) -> Result<Model, String> {
    let mut core = Core::default();
    for path in files(folder)? {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).map_err(|error| format!("`{name}` cannot be read: {error}"))?;
        let file = syn::parse_file(&text).map_err(|error| format!("`{name}`: {error}"))?;
        core.take(Source { name, items: file.items })?;
    }
    core.model()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

impl Core {
    fn take(&mut self, source: Source) -> Result<(), String> {
        let mut uses = String::new();
        for item in source.items {
            match item {
                Item::Struct(item) if serialises(&item.attrs) => {
                    self.declare(&source.name, item.ident.to_string(), Declaration::Struct(item));
                }
                Item::Enum(item) if serialises(&item.attrs) => {
                    self.declare(&source.name, item.ident.to_string(), Declaration::Enum(item));
                }
                Item::Use(item) => uses += &quote::quote!(#item).to_string(),
                Item::Fn(item) => {
                    if let Some(number) = constant(&item) {
                        self.numbers.insert(item.sig.ident.to_string(), number);
                    }
                }
                Item::Impl(item) => self.take_methods(&source.name, item),
                Item::Macro(item) => self.take_macro(&source.name, &item)?,
                _ => {}
            }
        }
        self.uses.insert(source.name, uses);
        Ok(())
    }

    fn declare(&mut self, file: &str, name: String, item: Declaration) {
        self.declared.entry(name).or_default().push(Declared { file: file.to_owned(), item });
    }

    fn take_methods(&mut self, file: &str, item: syn::ItemImpl) {
        let syn::Type::Path(path) = item.self_ty.as_ref() else { return };
        if !path.path.is_ident("Directory") || item.trait_.is_some() {
            return;
        }
        for part in item.items {
            let syn::ImplItem::Fn(method) = part else { continue };
            if !matches!(method.vis, Visibility::Public(_)) {
                continue;
            }
            let syn::ReturnType::Type(_, output) = method.sig.output else { continue };
            let Some(answer) = first_argument(&output, "Result") else { continue };
            let of = (file.to_owned(), docs(&method.attrs), answer);
            self.methods.insert(method.sig.ident.to_string(), of);
        }
    }

    fn take_macro(&mut self, file: &str, item: &syn::ItemMacro) -> Result<(), String> {
        let Some(name) = item.mac.path.segments.last().map(|segment| segment.ident.to_string()) else {
            return Ok(());
        };
        let fault = |error: syn::Error| format!("`{file}`, `{name}!`: {error}");
        match name.as_str() {
            "words" => {
                let item: syn::ItemEnum = item.mac.parse_body().map_err(fault)?;
                self.declare(file, item.ident.to_string(), Declaration::Words(item));
            }
            "commands" => {
                self.commands = item.mac.parse_body_with(lines).map_err(fault)?;
            }
            "questions" => {
                self.questions = item.mac.parse_body_with(lines).map_err(fault)?;
            }
            "events" => {
                let EventLines(events) = item.mac.parse_body().map_err(fault)?;
                self.events.extend(events.into_iter().map(|event| (file.to_owned(), event)));
            }
            "codes" => {
                let codes: Vec<CodeLine> = item.mac.parse_body_with(lines).map_err(fault)?;
                self.codes = codes.into_iter().map(|line| (line.code, line.docs)).collect();
            }
            _ => {}
        }
        Ok(())
    }

    fn model(&self) -> Result<Model, String> {
        let mut types = BTreeMap::new();
        for (name, all) in &self.declared {
            for declared in all {
                let known = renamed(&declared.file, name);
                if let Some(found) = self.shape(declared)?
                    && types.insert(known.clone(), found).is_some()
                    && known != "Written"
                {
                    return Err(format!("two types are called `{known}`: name one of them in `RENAMED`"));
                }
            }
        }
        let commands = self.commands.iter().map(|line| self.command(line)).collect::<Result<_, _>>()?;
        let questions = self.questions.iter().map(|line| self.question(line)).collect::<Result<_, _>>()?;
        let events =
            self.events.iter().map(|(file, line)| self.event(file, line)).collect::<Result<_, _>>()?;
        let codes = self.codes.clone();
        Ok(Model { commands, questions, types, events, codes }.without_the_unmentioned())
    }

    fn command(&self, line: &CommandLine) -> Result<Command, String> {
        let rust = line.command.to_string();
        let declared = self.declared.get(&rust).and_then(|all| all.first());
        let Some(Declared { file, item: Declaration::Struct(item) }) = declared else {
            return Err(format!("the command `{rust}` is no struct that can be read"));
        };
        let fields = self.fields(file, &item.fields)?;
        let output = self.ty("commands.rs", &line.output)?;
        Ok(Command { name: line.name.value(), rust, docs: docs(&item.attrs), fields, output })
    }

    fn question(&self, line: &QuestionLine) -> Result<Question, String> {
        let name = line.name.value();
        let (file, docs, answer) =
            self.methods.get(&name).ok_or_else(|| format!("there is no question `{name}` to document"))?;
        let fields = line
            .fields
            .iter()
            .map(|(name, ty)| {
                Ok(Field {
                    name: name.to_string(),
                    docs: String::new(),
                    ty: self.ty("question_table.rs", ty)?,
                    default: None,
                })
            })
            .collect::<Result<_, String>>()?;
        let asked_by = !line.actor.to_string().starts_with('_');
        Ok(Question { name, docs: docs.clone(), asked_by, fields, output: self.ty(file, answer)? })
    }

    fn event(&self, file: &str, line: &EventLine) -> Result<Event, String> {
        let fields = line.fields.as_ref().map(|fields| self.named(file, &fields.named)).transpose()?;
        Ok(Event { kind: line.kind.value(), fields: fields.unwrap_or_default() })
    }

    /// The shape of a type; none where it is not for others, such as one that no field of can be seen.
    fn shape(&self, declared: &Declared) -> Result<Option<Type>, String> {
        Ok(Some(match &declared.item {
            Declaration::Struct(item) => {
                if !matches!(item.fields, Fields::Named(_)) {
                    return Ok(None);
                }
                let fields = self.fields(&declared.file, &item.fields);
                let Ok(mut fields) = fields else { return Ok(None) };
                // One whose own default is that of its parts.
                if derives(&item.attrs, "Default") && self.fallback(&item.attrs, &Ty::Nothing).is_some() {
                    fields.iter_mut().for_each(|field| field.default = Some(Fallback::OfType));
                }
                Type { docs: docs(&item.attrs), shape: Shape::Struct { fields } }
            }
            Declaration::Words(item) => Type {
                docs: docs(&item.attrs),
                shape: Shape::Words {
                    words: item.variants.iter().map(word).collect::<Result<_, _>>()?,
                    default: default_variant(item),
                },
            },
            Declaration::Enum(item) => {
                let Ok(shape) = self.choice(&declared.file, item) else { return Ok(None) };
                Type { docs: docs(&item.attrs), shape }
            }
        }))
    }

    fn choice(&self, file: &str, item: &syn::ItemEnum) -> Result<Shape, String> {
        let mut variants = Vec::new();
        for variant in &item.variants {
            let content = match &variant.fields {
                Fields::Unit => Content::Nothing,
                Fields::Named(fields) => Content::Fields(self.named(file, &fields.named)?),
                Fields::Unnamed(fields) => match fields.unnamed.first() {
                    Some(field) if fields.unnamed.len() == 1 => Content::One(self.ty(file, &field.ty)?),
                    _ => return Err("more than one unnamed field".to_owned()),
                },
            };
            let rust = variant.ident.to_string();
            let word = snake(&rust);
            variants.push(Variant { rust, word, docs: docs(&variant.attrs), content });
        }
        let authority = Ty::Named("Authority".to_owned());
        let imposed = |content: &Content| matches!(content, Content::One(ty) if *ty == authority);
        let words = |variants: &[Variant]| {
            let word =
                |of: &Variant| Word { rust: of.rust.clone(), word: of.word.clone(), docs: of.docs.clone() };
            variants.iter().map(word).collect()
        };
        let default = default_variant(item);
        if variants.iter().all(|variant| matches!(variant.content, Content::Nothing)) {
            return Ok(Shape::Words { words: words(&variants), default });
        }
        let plain =
            |variant: &Variant| matches!(variant.content, Content::Nothing) || imposed(&variant.content);
        if variants.iter().all(plain) {
            return Ok(Shape::Imposed { words: words(&variants) });
        }
        Ok(Shape::Union { variants, default })
    }

    fn fields(&self, file: &str, fields: &Fields) -> Result<Vec<Field>, String> {
        match fields {
            Fields::Named(fields) => self.named(file, &fields.named),
            Fields::Unit | Fields::Unnamed(_) => Ok(Vec::new()),
        }
    }

    /// Those that are public, or of a variant.
    fn named(&self, file: &str, fields: &Punctuated<syn::Field, Token![,]>) -> Result<Vec<Field>, String> {
        let seen = |field: &&syn::Field| !matches!(field.vis, Visibility::Restricted(_));
        fields
            .iter()
            .filter(seen)
            .map(|field| {
                let name = field.ident.as_ref().map(Ident::to_string).unwrap_or_default();
                let ty = self.ty(file, &field.ty).map_err(|error| format!("`{file}`, `{name}`: {error}"))?;
                let default = self.fallback(&field.attrs, &ty);
                Ok(Field { name, docs: docs(&field.attrs), ty, default })
            })
            .collect()
    }

    fn fallback(&self, attributes: &[Attribute], ty: &Ty) -> Option<Fallback> {
        let mut found = None;
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            // What is of no account here is read over.
            let _ = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    found = Some(Fallback::OfType);
                    if let Ok(value) = meta.value() {
                        let name: LitStr = value.parse()?;
                        if let Some(number) = self.numbers.get(&name.value()) {
                            found = Some(Fallback::Number(*number));
                        }
                    }
                } else if let Ok(value) = meta.value() {
                    value.parse::<Expr>()?;
                }
                Ok(())
            });
        }
        match (ty, found) {
            // A secret is supplied apart: whether it must be is in its type alone.
            (Ty::Presented, _) => None,
            (Ty::Optional(inner), _) if inner.is_presented() => Some(Fallback::OfType),
            (_, found) => found,
        }
    }

    fn ty(&self, file: &str, ty: &syn::Type) -> Result<Ty, String> {
        match ty {
            syn::Type::Tuple(tuple) if tuple.elems.is_empty() => return Ok(Ty::Nothing),
            syn::Type::Reference(reference) => return self.ty(file, &reference.elem),
            _ => {}
        }
        let syn::Type::Path(path) = ty else {
            return Err(format!("`{}` is no type here", quote::quote!(#ty)));
        };
        let Some(last) = path.path.segments.last() else { return Err("an empty path".to_owned()) };
        let name = last.ident.to_string();
        let inner = |name: &str| match first_argument(ty, name) {
            Some(inner) => self.ty(file, &inner).map(Box::new),
            None => Err(format!("`{name}` of nothing")),
        };
        Ok(match name.as_str() {
            "UserId" | "OrganisationId" | "MailboxId" | "DeviceId" | "InvitationId" | "ChangeId" => {
                Ty::Id(name)
            }
            "String" | "Selector" | "Cursor" | "char" | "Stream" | "str" => Ty::Text,
            "Address" => Ty::Address,
            "DomainName" => Ty::DomainName,
            "u8" | "u16" | "u32" | "u64" | "usize" => Ty::Number,
            "bool" => Ty::Truth,
            "Timestamp" => Ty::Instant,
            "By" => Ty::By,
            "Services" => Ty::Services,
            "IpNet" => Ty::Network,
            "IpAddr" => Ty::Ip,
            "Password" | "PresentedToken" => Ty::Presented,
            "DevicePassword" => Ty::DevicePassword,
            "Token" => Ty::Token,
            "Event" => Ty::Event,
            "AnyCommand" => Ty::AnyCommand,
            "PageRequest" => Ty::PageRequest,
            "Rights" => Ty::Set("Right".to_owned()),
            "Protocols" => Ty::Set("Protocol".to_owned()),
            "Option" => Ty::Optional(inner("Option")?),
            "Box" => *inner("Box")?,
            "Vec" => Ty::List(inner("Vec")?),
            "Page" => Ty::Page(inner("Page")?),
            "Entry" => Ty::Named("Entry".to_owned()),
            "Sender" => Ty::Named("Sender".to_owned()),
            _ => Ty::Named(self.resolve(file, &name)?),
        })
    }

    /// What bindings call a type that a file mentions.
    fn resolve(&self, file: &str, name: &str) -> Result<String, String> {
        let Some(all) = self.declared.get(name) else { return Err(format!("`{name}` is not known")) };
        let uses = self.uses.get(file).map(String::as_str).unwrap_or_default();
        let folder =
            |file: &str| file.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        let stem =
            |file: &str| file.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        let here = all.iter().find(|declared| declared.file == file);
        let used = || {
            all.iter().find(|declared| {
                uses.contains(&format!(":: {} :: {{", stem(&declared.file))) && uses.contains(name)
            })
        };
        let near = || all.iter().find(|declared| folder(&declared.file) == folder(file));
        let only = || all.first().filter(|_| all.len() == 1);
        let of_use =
            || all.iter().find(|declared| uses.contains(&format!("crate :: {} ::", folder(&declared.file))));
        let found = only().or(here).or_else(used).or_else(near).or_else(of_use);
        found
            .map(|declared| renamed(&declared.file, name))
            .ok_or_else(|| format!("which `{name}` is meant in `{file}`?"))
    }
}

fn renamed(file: &str, name: &str) -> String {
    let found = RENAMED.iter().find(|(of, from, _)| *of == file && *from == name);
    found.map_or(name, |(_, _, to)| to).to_owned()
}

/// A line of `commands!`.
struct CommandLine {
    name: LitStr,
    command: Ident,
    output: syn::Type,
}

impl Parse for CommandLine {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let command = input.parse()?;
        input.parse::<Token![=>]>()?;
        Ok(Self { name, command, output: input.parse()? })
    }
}

/// A line of `questions!`.
struct QuestionLine {
    name: LitStr,
    fields: Vec<(Ident, syn::Type)>,
    actor: Ident,
}

impl Parse for QuestionLine {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        input.parse::<Ident>()?;
        let content;
        braced!(content in input);
        let fields = content.parse_terminated(
            |field| {
                let name = field.parse()?;
                field.parse::<Token![:]>()?;
                Ok((name, field.parse()?))
            },
            Token![,],
        )?;
        input.parse::<Token![=>]>()?;
        input.parse::<Token![|]>()?;
        input.parse::<Ident>()?;
        input.parse::<Token![,]>()?;
        let actor = input.parse()?;
        input.parse::<Token![|]>()?;
        input.parse::<Expr>()?;
        Ok(Self { name, fields: fields.into_iter().collect(), actor })
    }
}

/// A line of `codes!`.
struct CodeLine {
    docs: String,
    code: String,
}

impl Parse for CodeLine {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let docs = docs(&input.call(Attribute::parse_outer)?);
        input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
        let code = input.parse::<LitStr>()?.value();
        input.parse::<Token![=>]>()?;
        input.parse::<Ident>()?;
        Ok(Self { docs, code })
    }
}

/// An event of `events!`.
struct EventLine {
    kind: LitStr,
    fields: Option<syn::FieldsNamed>,
}

struct EventLines(Vec<EventLine>);

impl Parse for EventLines {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Attribute::parse_outer)?;
        input.parse::<Token![pub]>()?;
        input.parse::<Token![enum]>()?;
        input.parse::<Ident>()?;
        let content;
        braced!(content in input);
        content.parse_terminated(EventLine::parse, Token![,]).map(|events| Self(events.into_iter().collect()))
    }
}

impl Parse for EventLine {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Attribute::parse_outer)?;
        input.parse::<Ident>()?;
        input.parse::<Token![=]>()?;
        let kind = input.parse()?;
        let fields = if input.peek(syn::token::Brace) { Some(input.parse()?) } else { None };
        Ok(Self { kind, fields })
    }
}

/// Lines that end with commas.
fn lines<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    Ok(input.parse_terminated(T::parse, Token![,])?.into_iter().collect())
}

fn word(variant: &syn::Variant) -> Result<Word, String> {
    let rust = variant.ident.to_string();
    let Some((_, Expr::Lit(syn::ExprLit { lit: Lit::Str(word), .. }))) = &variant.discriminant else {
        return Err(format!("`{rust}` has no word"));
    };
    Ok(Word { rust, word: word.value(), docs: docs(&variant.attrs) })
}

fn default_variant(item: &syn::ItemEnum) -> Option<String> {
    let marked =
        |variant: &&syn::Variant| variant.attrs.iter().any(|attribute| attribute.path().is_ident("default"));
    item.variants.iter().find(marked).map(|variant| variant.ident.to_string())
}

fn serialises(attributes: &[Attribute]) -> bool {
    derives(attributes, "Serialize")
}

fn derives(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let mut found = false;
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.segments.last().is_some_and(|last| last.ident == name);
            Ok(())
        });
        found
    })
}

/// What the doc comments say, line by line.
fn docs(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(line)
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The type in the angle brackets of a generic type of this name.
fn first_argument(ty: &syn::Type, name: &str) -> Option<syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}

/// The number that a `const fn` without arguments gives.
fn constant(item: &syn::ItemFn) -> Option<u64> {
    item.sig.constness.as_ref()?;
    match item.block.stmts.as_slice() {
        [syn::Stmt::Expr(Expr::Lit(syn::ExprLit { lit: Lit::Int(number), .. }), None)] => {
            number.base10_parse().ok()
        }
        _ => None,
    }
}

/// `ManageSieve` becomes `manage_sieve`, as serde has it.
pub(crate) fn snake(name: &str) -> String {
    let mut text = String::new();
    for (place, letter) in name.char_indices() {
        if letter.is_uppercase() && place > 0 {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}
