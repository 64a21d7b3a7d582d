//! Claims: statements that say what a derivative is.
use super::Claim;
use super::elaborator::{Elaborator, Outcome};
use super::scope::Slot;
use super::value::Tensor;
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::NodeId;
use crate::graph::show::shape_text;
use crate::syntax::{NodeKind, Statement, StatementKind, TreeId};

/// The derivative of a claim.
struct Claimed {
    of: NodeId,
    /// One after the other.
    by: Vec<NodeId>,
    id: NodeId,
}

impl<'a> Elaborator<'a> {
    /// All claims of a file that can be read. In them `minimize` is what training makes small.
    pub fn claims(&mut self, statements: &'a [Statement], objective: Option<(Outcome<NodeId>, Span)>) {
        let scope = self.inner_scope();
        if let Some((id, span)) = objective.filter(|_| !self.is_bound("minimize")) {
            let slot = id.map_or(Slot::Broken, |id| Slot::Value(Tensor::new(id).into()));
            self.scopes.set(scope, "minimize", slot, span);
        }
        self.in_scope(scope, |this| {
            let errors = |this: &Self| this.reported.diagnostics.iter().filter(|said| said.is_error()).count();
            let before = errors(this);
            for statement in statements {
                if let StatementKind::Claim { derivative, value } = &statement.kind {
                    // The others can be judged without it.
                    this.reading.claiming = true;
                    let _ = this.claim(*derivative, *value, statement.span);
                    this.reading.claiming = false;
                }
            }
            this.reported.of_claims = errors(this) - before;
        });
    }

    /// `∂loss/∂w = e`, `grad(loss, w) = e`, `∂²u/∂x² = e`, `u''(x) = e`, `hessian(loss, w)[0, 1] = e`
    fn claim(&mut self, left: TreeId, value: TreeId, span: Span) -> Outcome<()> {
        let claimed = self.tensor(value);
        // Nothing at all may be claimed of a value that does not matter, and one number of all places.
        let number = claimed.as_ref().ok().and_then(|claimed| self.graph.constant_of(claimed.id));
        let is_zero = number == Some(0.0);
        let derived = self.claimed(left, is_zero);
        let (derived, mut claimed) = (derived?, claimed?);
        self.numeric_here(&claimed, self.span(value))?;
        let shape = self.graph.shape(derived.id).to_vec();
        if let Some(number) = number.filter(|_| self.graph.shape(claimed.id).is_empty()) {
            claimed.id = self.graph.constant(number, &shape);
        }
        if self.shape(&claimed) != shape {
            let error = Diagnostic::error(
                "E0312",
                format!(
                    "{} is {}, and is claimed to be {}",
                    self.quote(left),
                    shape_text(&shape),
                    shape_text(self.graph.shape(claimed.id))
                ),
            )
            .at(self.span(value), shape_text(self.graph.shape(claimed.id)));
            let reason = match &derived.by[..] {
                [by] if self.graph.shape(*by) == shape => "a gradient has the shape of what it is taken by".to_string(),
                _ => shape_text(&shape),
            };
            return self.fail(error.also(self.span(left), reason));
        }
        self.declared.claims.push(Claim {
            of: derived.of,
            by: derived.by,
            derivative: derived.id,
            value: claimed.id,
            span,
        });
        Ok(())
    }

    /// The left side; `is_zero` if it is claimed to be.
    fn claimed(&mut self, left: TreeId, is_zero: bool) -> Outcome<Claimed> {
        let tree = self.tree;
        let (of, by) = match tree.kind(left) {
            NodeKind::Derivative { of, by } => (*of, by.clone()),
            NodeKind::Call { callee, arguments } if tree.name(*callee) == Some("grad") => match &arguments[..] {
                [of, by] => (of.value, vec![(by.value, 1)]),
                _ => {
                    let error = Diagnostic::error("E0501", "a claim says what one derivative is")
                        .at(self.span(left), "not a derivative")
                        .help("as in `∂u/∂x = …` or `grad(u, x) = …`: what is differentiated, and by what");
                    return self.fail(error);
                }
            },
            // Made by a function: `u''(x)`, `hessian(loss, w)`, an entry of it.
            kind => {
                if let NodeKind::Call { callee, arguments } = kind {
                    self.no_derivative_of_a_value(*callee, arguments, self.span(left))?;
                }
                let id = self.tensor(left)?.id;
                return Ok(Claimed { of: id, by: vec![], id });
            }
        };
        let span = self.span(left);
        let of_value = self.tensor(of);
        let variables: Vec<Outcome<Tensor>> = by.iter().map(|(id, _)| self.tensor(*id)).collect();
        let of_value = of_value?;
        let variables = variables.into_iter().collect::<Outcome<Vec<Tensor>>>()?;
        let found = match (&variables[..], &by[..]) {
            ([variable], [(_, 1)]) if is_zero && !self.depends(&of_value, variable) => {
                let shape = [self.shape(&of_value), self.shape(variable)].concat();
                Tensor::new(self.graph.constant(0.0, &shape))
            }
            ([variable], [(by, 1)]) => {
                self.claimed_gradient(&of_value, self.span(of), variable, self.span(*by), span)?
            }
            _ => self.derivatives(&of_value, self.span(of), &variables, &by, span)?,
        };
        let by = variables.iter().zip(&by).flat_map(|(variable, (_, times))| vec![variable.id; *times as usize]);
        Ok(Claimed { of: of_value.id, by: by.collect(), id: found.id })
    }
}
