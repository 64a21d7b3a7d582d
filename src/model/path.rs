//! Parameters are named by the path of bindings. A frame is a place in that path: a block, a binding in it, a call in a binding.
//!
//! Whether a call adds a number to the path is known only when its binding has been read to the end, so paths are made from frames on demand.
use rustc_hash::FxHashMap;

pub type FrameId = usize;

/// How a frame is told from its siblings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// A binding, a model: adds its name.
    Name(String),
    /// The last line of a block: adds nothing.
    Value,
    /// A call or a `repeat` of an expression, from 0 as evaluated: adds its number among those that make parameters, from 1, if there are several.
    Source(usize),
    /// A round of a `repeat`: adds its number, from 0.
    Round(usize),
}

#[derive(Clone, Debug)]
struct Frame {
    parent: Option<FrameId>,
    label: Label,
    children: FxHashMap<Label, FrameId>,
    sources: usize,
    has_parameters: bool,
}

/// All frames of a file. A frame that is entered again (the second call of a model) is the same frame.
#[derive(Clone, Debug)]
pub struct Frames(Vec<Frame>);

impl Frames {
    pub const ROOT: FrameId = 0;

    pub fn new() -> Frames {
        Frames(vec![Frame::new(None, Label::Value)])
    }
    /// The frame below another one; its own sources are counted from the beginning.
    pub fn enter(&mut self, parent: FrameId, label: Label) -> FrameId {
        let id = match self.0[parent].children.get(&label) {
            Some(&id) => id,
            None => {
                self.0.push(Frame::new(Some(parent), label.clone()));
                let id = self.0.len() - 1;
                self.0[parent].children.insert(label, id);
                id
            }
        };
        self.0[id].sources = 0;
        id
    }
    /// The frame of the next call in an expression.
    pub fn enter_source(&mut self, expression: FrameId) -> FrameId {
        let number = self.0[expression].sources;
        let id = self.enter(expression, Label::Source(number));
        self.0[expression].sources = number + 1;
        id
    }
    /// How many calls an expression has had; `set_sources` goes back there, to read something again.
    pub fn sources(&self, frame: FrameId) -> usize {
        self.0[frame].sources
    }
    pub fn set_sources(&mut self, frame: FrameId, sources: usize) {
        self.0[frame].sources = sources;
    }
    /// Notes that a parameter is made in this frame.
    pub fn note_parameter(&mut self, mut frame: FrameId) {
        loop {
            self.0[frame].has_parameters = true;
            match self.0[frame].parent {
                Some(parent) => frame = parent,
                None => return,
            }
        }
    }

    /// `h.1`: what stands before the name of a parameter or a value of this frame. Empty at the top level.
    pub fn path(&self, mut frame: FrameId) -> String {
        let mut parts: Vec<String> = vec![];
        while let Some(parent) = self.0[frame].parent {
            match &self.0[frame].label {
                Label::Name(name) => parts.push(name.clone()),
                Label::Value => {}
                Label::Round(number) => parts.push(number.to_string()),
                Label::Source(number) => parts.extend(self.number_among_siblings(parent, *number)),
            }
            frame = parent;
        }
        parts.reverse();
        parts.join(".")
    }
    /// A name in a frame: `h.1.w`.
    pub fn path_of(&self, frame: FrameId, name: &str) -> String {
        match self.path(frame) {
            path if path.is_empty() => name.to_string(),
            path => format!("{path}.{name}"),
        }
    }

    /// None if it makes no parameters, or is the only one that does.
    fn number_among_siblings(&self, parent: FrameId, number: usize) -> Option<String> {
        let makers: Vec<usize> = self.0[parent]
            .children
            .iter()
            .filter(|(_, id)| self.0[**id].has_parameters)
            .filter_map(|(label, _)| match label {
                Label::Source(number) => Some(*number),
                _ => None,
            })
            .collect();
        (makers.len() > 1 && makers.contains(&number))
            .then(|| (makers.iter().filter(|m| **m < number).count() + 1).to_string())
    }
}

/// Whether what bears this name is the path itself or a part of it: `h.w` of `h`.
pub fn is_below(name: &str, path: &str) -> bool {
    name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Frame {
    fn new(parent: Option<FrameId>, label: Label) -> Frame {
        Frame { parent, label, children: FxHashMap::default(), sources: 0, has_parameters: false }
    }
}
