//! Tests of this module.

use expect_test::expect;

use super::*;
use crate::catalog::SourceKind;
use crate::formats::{Format, FormatKind};
use crate::types::{Column, Schema};

fn stream(name: &str) -> Arc<Source> {
    let format = Format::plain(FormatKind::Json);
    Arc::new(Source {
        name: name.into(),
        kind: SourceKind::Stream,
        schema: Schema::new([Column::value("A", SqlType::Int)]),
        topic: name.to_lowercase().into(),
        key_format: format.clone(),
        value_format: format,
        timestamp: None,
        window: None,
        is_read_only: false,
        partitions: None,
        statement: "".into(),
    })
}

fn query(catalog: &mut Catalog, kind: QueryKind, sink: &str, source: &str) -> Arc<str> {
    let id = catalog.next_query_id(kind, sink);
    catalog.put_query(Arc::new(PersistentQuery {
        id: Arc::clone(&id),
        kind,
        statement: "".into(),
        sink: sink.into(),
        sources: vec![source.into()],
        plan_text: "".into(),
    }));
    id
}

#[test]
fn a_source_goes_only_when_nothing_depends_on_it() {
    let mut catalog = Catalog::default();
    for name in ["A", "B", "C"] {
        catalog.add_source(stream(name)).unwrap();
    }
    let made = query(&mut catalog, QueryKind::CreateStreamAs, "B", "A");
    let insert = query(&mut catalog, QueryKind::InsertInto, "B", "C");
    assert_eq!((&*made, &*insert), ("CSAS_B_0", "INSERTQUERY_1"));

    let snapshot = catalog.clone();
    expect![[r"
        Cannot drop A.
        The following streams and/or tables read from this source: [B].
        You need to drop them before dropping A."]]
    .assert_eq(&catalog.drop_source("A").unwrap_err().to_string());
    expect![[r"
        Cannot drop B.
        The following queries read from this source: [].
        The following queries write into this source: [INSERTQUERY_1].
        You need to terminate them before dropping B."]]
    .assert_eq(&catalog.drop_source("B").unwrap_err().to_string());

    catalog.remove_query(&insert).unwrap();
    let dropped = catalog.drop_source("B").unwrap();
    assert_eq!(dropped.query.map(|query| query.id.to_string()).as_deref(), Some("CSAS_B_0"));
    catalog.drop_source("A").unwrap();
    assert_eq!(catalog.sources().count(), 1);
    assert_eq!(snapshot.sources().count(), 3);
    assert_eq!(catalog.drop_source("A"), Err(CatalogError::NoSource("A".into())));
}

#[test]
fn names_are_taken_once() {
    let mut catalog = Catalog::default();
    catalog.add_source(stream("A")).unwrap();
    expect!["Cannot add stream 'A': A stream with the same name already exists"]
        .assert_eq(&catalog.add_source(stream("A")).unwrap_err().to_string());
    catalog.add_type("T", SqlType::Int).unwrap();
    expect!["Cannot register custom type 'T' since it is already registered with type: INTEGER"]
        .assert_eq(&catalog.add_type("T", SqlType::Int).unwrap_err().to_string());
    catalog.drop_type("T").unwrap();
    assert_eq!(catalog.drop_type("T"), Err(CatalogError::NoType("T".into())));
}

#[test]
fn numbers_of_restored_queries_are_not_given_again() {
    let mut before = Catalog::default();
    query(&mut before, QueryKind::CreateStreamAs, "A", "B");
    let id = query(&mut before, QueryKind::CreateTableAs, "C", "B");
    let mut after = Catalog::default();
    after.put_query(Arc::clone(before.query(&id).unwrap()));
    assert_eq!(&*after.next_query_id(QueryKind::InsertInto, "A"), "INSERTQUERY_2");
}
